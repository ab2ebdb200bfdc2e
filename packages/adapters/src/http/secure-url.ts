import { invalidOptions } from '@evergrant/core'

const LOOPBACK_ADDRESS = /^127(?:\.\d{1,3}){3}$/

/** True for names and addresses of this machine itself, as the URL parser writes them. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    LOOPBACK_ADDRESS.test(hostname)
  )
}

/**
 * True where a token or a secret may be sent: over TLS (RFC 6750 section 5.3), or in plain text to this machine
 * itself, which no wire sees.
 */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

/**
 * Checks an option that holds a base URL and gives it back without a trailing slash. Throws `invalid-options`, without
 * the text of the URL, which may hold a password.
 */
export function secureBaseUrl(option: string, text: string): string {
  const url = URL.parse(text)
  if (url === null) {
    throw invalidOptions(option, 'is not an absolute URL', 'Write it whole, for example https://api.example.com.')
  }
  if (!isSecure(url)) {
    throw invalidOptions(
      option,
      'would send secrets in plain text',
      'Use https. Plain http works on loopback only: localhost, 127.0.0.1 and [::1].',
    )
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalidOptions(
      option,
      'has more than an origin and a path',
      'Leave out the user name, the password, the query and the fragment.',
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** An address that may get secrets. Never quoted, since it may hold a password. */
export function secureEndpoint(option: string, address: string): URL {
  const url = URL.parse(address)
  if (url === null) throw invalidOptions(option, 'is not an absolute URL', 'Write it whole, with https.')
  if (!isSecure(url)) {
    throw invalidOptions(
      option,
      'would get secrets in plain text',
      'Use https. Plain http works on loopback only: localhost, 127.0.0.1 and [::1].',
    )
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalidOptions(
      option,
      'has a user name or a fragment',
      'Leave out the user name, the password, the fragment.',
    )
  }
  return url
}
