import * as oauth from 'oauth4webapi'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { ask, checked, requestOptions } from './endpoint.ts'

/** An authorization server as its clients see it. */
export interface Server {
  /** Its metadata (RFC 8414), from the discovery document. */
  readonly metadata: oauth.AuthorizationServer
  /** Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined
}

/** Reads the discovery document of an issuer (OpenID Connect Discovery 1.0 section 4). */
export async function discover(issuer: string): Promise<Server> {
  const url = new URL(issuer)
  const { signal } = new AbortController()
  const options = requestOptions({ metadata: { issuer } }, signal)
  const { text } = await ask({ send: () => oauth.discoveryRequest(url, options), sent: [], signal })
  const read = () => oauth.processDiscoveryResponse(url, new Response(text))
  return { metadata: await checked(read, 'this is not the metadata of that issuer') }
}
