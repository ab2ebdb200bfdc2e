/** Gives a number in [0, 1), as `Math.random` does. */
export type RandomSource = () => number

/** Random numbers from the platform, so that no two fakes make the same token. Drawn many at once: each draw is slow. */
export function createPlatformRandom(): RandomSource {
  const words = new Uint32Array(4096)
  let next = words.length
  return () => {
    if (next === words.length) {
      crypto.getRandomValues(words)
      next = 0
    }
    const word = words[next] ?? 0
    next += 1
    return word / 2 ** 32
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function randomText(random: RandomSource, alphabet: string, length: number): string {
  let text = ''
  for (let index = 0; index < length; index += 1) text += alphabet.charAt(Math.floor(random() * alphabet.length))
  return text
}

export function randomHex(random: RandomSource, digits: number): string {
  return randomText(random, '0123456789abcdef', digits)
}

/** Looks like the client ids of tastytrade: a UUID. */
export function inventClientId(random: RandomSource): string {
  return [8, 4, 4, 4, 12].map((digits) => randomHex(random, digits)).join('-')
}

function base64url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64url(text: string): string {
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
}

export type TokenType = 'at+jwt' | 'rt+jwt' | 'JWT'

/** What stands in a token, as far as it is known (docs/protocol.md#inside-a-token). ASCII only. */
export interface TokenClaims {
  readonly sub: string
  readonly aud: string
  readonly scope: string
  readonly grant_id: string
  /** Epoch seconds. */
  readonly iat: number
  /** Epoch seconds; refresh tokens have none. */
  readonly exp?: number
}

// The issuer differs from the API's host in the real thing too.
const ISSUER = 'https://api.tastytrade.invalid'

/** A token in the form of a JWT. The signature is random: only the fake that made it knows it. */
export function inventToken(random: RandomSource, typ: TokenType, claims: TokenClaims): string {
  const header = base64url(JSON.stringify({ alg: 'RS256', typ }))
  const payload = base64url(JSON.stringify({ iss: ISSUER, ...claims }))
  return `${header}.${payload}.${randomText(random, ALPHABET, 86)}`
}

/** True for anything that reads as a refresh token in the form of a JWT, whoever made it. */
export function looksLikeRefreshToken(text: string): boolean {
  const [header = '', payload = '', signature = '', ...rest] = text.split('.')
  if (signature === '' || rest.length > 0) return false
  try {
    const { typ } = JSON.parse(fromBase64url(header)) as { typ?: unknown }
    JSON.parse(fromBase64url(payload))
    return typ === 'rt+jwt'
  } catch {
    return false
  }
}
