import { invalidOptions, type AccessToken } from '@evergrant/core'
import { isSecure } from '../http/secure-url.ts'

/**
 * Checks the address of a socket. Throws `invalid-options`, without the text of the URL, which may hold a password, for one
 * that is not wss (or ws on loopback), or that has the token in it (P11).
 */
export function socketUrl(text: string, token?: AccessToken): string {
  const url = URL.parse(text)
  if (url === null || !/^wss?:$/.test(url.protocol)) {
    throw invalidOptions('url', 'is not an address of a WebSocket', 'Write it whole, e.g. wss://streamer.example.com.')
  }
  // wss is to https as ws is to http.
  if (!isSecure(new URL(url.href.replace(/^ws/, 'http')))) {
    throw invalidOptions(
      'url',
      'would send secrets in plain text',
      'Use wss. Plain ws works on loopback only: localhost, 127.0.0.1 and [::1].',
    )
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalidOptions('url', 'has a user name, a password or a fragment', 'Leave them out.')
  }
  if (token !== undefined && [text, url.href].some((shown) => holds(shown, token.value))) {
    throw invalidOptions(
      'url',
      'has the token in it, and URLs end up in logs',
      'Send the token in a message (write), or in protocols.',
    )
  }
  return url.href
}

function holds(text: string, value: string): boolean {
  return text.includes(value) || text.includes(encodeURIComponent(value))
}
