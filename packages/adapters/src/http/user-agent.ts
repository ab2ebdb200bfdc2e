import { invalidOptions } from '@evergrant/core'
import { VERSION } from '../version.ts'

/** What this package calls itself where the application gives no name of its own. */
export const DEFAULT_USER_AGENT = `evergrant/${VERSION}`

// RFC 9110 section 10.1.5: a product with its version, then more products and comments.
const PRODUCT_AND_VERSION = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?: [\x20-\x7e]+)?$/

/** Checks a `User-Agent` of the form `name/version`, with more after a space. Throws `invalid-options`. */
export function validUserAgent(option: string, text: string): string {
  if (PRODUCT_AND_VERSION.test(text)) return text
  throw invalidOptions(option, 'is not of the form name/version', 'Write it like my-bot/1.0.')
}

/**
 * The header as an object, empty in a browser: Chrome drops the header without a word, and in others it makes the
 * request one that needs a CORS preflight.
 */
export function userAgentHeader(userAgent: string): Readonly<Record<string, string>> {
  const runsIn = globalThis.navigator?.userAgent ?? ''
  return runsIn.startsWith('Mozilla/') ? {} : { 'user-agent': userAgent }
}
