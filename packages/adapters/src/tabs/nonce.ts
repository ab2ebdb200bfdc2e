const BYTES = 16

/** A text that nobody has made before. Not `randomUUID`, which pages without TLS do not have. */
export function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
