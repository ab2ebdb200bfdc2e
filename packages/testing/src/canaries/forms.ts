/** A secret in one of the forms in which it may turn up. */
export interface SecretForm {
  /** E.g. `base64`. */
  readonly name: string
  readonly text: string
}

/**
 * The forms in which secrets turn up in practice: as they are, in hexadecimal, and in base64 or base64url, alone or within
 * something longer, such as the `id:secret` of Basic authentication (RFC 6749 section 2.3.1). Escapes are not among
 * them, since {@link readings} takes those back.
 */
export function formsOf(secret: string): readonly SecretForm[] {
  const bytes = new TextEncoder().encode(secret)
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const shifted = [0, 1, 2].flatMap((before) => {
    const base64 = base64Within(bytes, before)
    return [
      { name: 'base64', text: base64 },
      { name: 'base64url', text: base64.replaceAll('+', '-').replaceAll('/', '_') },
    ]
  })
  return [
    { name: 'plain', text: secret },
    { name: 'hexadecimal', text: hex },
    { name: 'hexadecimal', text: hex.toUpperCase() },
    ...shifted,
  ]
}

/** What base64 of a longer text says of these bytes, wherever in it they begin: three bytes make four characters. */
function base64Within(bytes: Uint8Array, before: number): string {
  const padded = [...new Uint8Array(before), ...bytes]
  const whole = btoa(String.fromCharCode(...padded))
  const foreignAtStart = Math.ceil((before * 8) / 6)
  const whollyTold = Math.floor((padded.length * 8) / 6)
  return whole.slice(foreignAtStart, whollyTold)
}

// JSON in JSON in a URL; nobody escapes oftener.
const MOST_LAYERS = 3

/** A text as it stands, and with its escapes taken back, layer by layer: `%2B`, `\u002b`, `\"`, `&quot;`. */
export function readings(text: string): readonly string[] {
  const read = [text]
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const inner = unescaped(read.at(-1) ?? '')
    if (inner === read.at(-1)) break
    read.push(inner)
  }
  return read
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' }

function unescaped(text: string): string {
  if (!/[%\\&]/.test(text)) return text
  return text
    .replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2}))/gi, (_, four?: string, two?: string) =>
      String.fromCharCode(Number.parseInt(four ?? two ?? '', 16)),
    )
    .replaceAll(/\\(["'`/\\])/g, '$1')
    .replaceAll(/&#(?:x([0-9a-f]{1,4})|([0-9]{1,5}));/gi, (_, hex?: string, decimal?: string) =>
      String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
    .replaceAll(/&(amp|quot|apos|lt|gt);/g, (_, name: string) => ENTITIES[name] ?? '')
}
