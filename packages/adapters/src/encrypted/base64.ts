/** As many bytes as `String.fromCharCode` takes at once on every platform. */
const CHUNK = 8_192

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(binary)
}

/** `null` for anything that {@link toBase64} does not write, also where other readers are generous: one text, one value. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return null
  }
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
  return toBase64(bytes) === text ? bytes : null
}
