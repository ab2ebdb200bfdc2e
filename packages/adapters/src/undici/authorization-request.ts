import type { ReplayCandidate } from '../bearer/options.ts'

// Last parts of the endpoints of RFC 6749 section 3.2, RFC 7009, RFC 7662, RFC 9126 and RFC 8628.
const ENDPOINT = /\/(?:token|revoke|revocation|introspect|introspection|par|device_authorization)\/?$/i
const READS: readonly string[] = ['GET', 'HEAD']

/**
 * Whether a request is one that a session makes to get its tokens. Sent with a token, a token request makes tastytrade
 * refuse the next (docs/protocol.md#headers); made to wait for one, it would wait for itself. A probe carries nothing
 * (P4).
 */
export function isAuthorizationRequest({ method, url }: ReplayCandidate, apiBaseUrl: string | undefined): boolean {
  const { pathname } = new URL(url)
  if (method === 'POST') return ENDPOINT.test(pathname)
  if (!READS.includes(method)) return false
  const root = apiBaseUrl === undefined ? '/' : new URL(apiBaseUrl).pathname
  return pathname.startsWith('/.well-known/') || withoutSlash(pathname) === withoutSlash(root)
}

function withoutSlash(pathname: string): string {
  return pathname.replace(/\/$/, '')
}
