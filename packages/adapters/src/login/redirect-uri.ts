import { invalidOptions } from '@evergrant/core'
import { isSecure } from '../http/secure-url.ts'

/**
 * Where a server may send the browser back to: https, loopback, or a scheme of the application's own (RFC 8252 section 7).
 */
export function redirectUriOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || url.hash !== '') {
    throw invalidOptions('redirectUri', 'is not an absolute URL without a fragment', 'Write it as it is registered.')
  }
  if (url.protocol === 'http:' && !isSecure(url)) {
    throw invalidOptions(
      'redirectUri',
      'would carry the code in plain text',
      'Use https, a loopback address such as http://127.0.0.1:8000/callback, or a scheme of your own.',
    )
  }
  return url
}
