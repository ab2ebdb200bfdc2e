import { randomBytes } from 'node:crypto'
import type { Provider } from '@evergrant/core'

/** As long as the opaque tokens of many servers; the text counts in the heap of a session. */
const TOKEN_LENGTH = 128

/** A token server in this process that answers at once, so that what is seen is the session's own cost. */
export function inventedProvider(apiBaseUrl = 'https://api.invalid'): Provider {
  return {
    issuer: 'https://issuer.invalid',
    apiBaseUrl,
    requestToken: () => Promise.resolve({ accessToken: inventedText(TOKEN_LENGTH), expiresIn: 900 }),
  }
}

/** A random text, unlike any other. Not cut to its length: the piece would keep the whole in memory. */
function inventedText(length: number): string {
  return randomBytes((length * 3) / 4).toString('base64url')
}

export function inventedCredentials() {
  return { clientSecret: inventedText(40), refreshToken: inventedText(TOKEN_LENGTH) }
}
