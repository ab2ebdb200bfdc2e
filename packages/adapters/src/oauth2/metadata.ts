import type { AuthorizationServer } from 'oauth4webapi'
import { nothingSent } from '../http/nothing-sent.ts'
import { isSecure } from '../http/secure-url.ts'
import type { OAuth2Endpoints } from './options.ts'

/** What is used of a server's metadata (RFC 8414 section 2), with endpoints that may get secrets only. */
export type Metadata = AuthorizationServer

export interface MetadataSource {
  /** Rejects with `token-request-failed`, or the reason of `signal`. */
  read(signal: AbortSignal): Promise<Metadata>
  /** What was read is of no use any more. */
  forget(): void
}

type EndpointName =
  | 'token_endpoint'
  | 'authorization_endpoint'
  | 'device_authorization_endpoint'
  | 'revocation_endpoint'
  | 'introspection_endpoint'

/** Of a server whose endpoints are given. */
export function givenMetadata(endpoints: OAuth2Endpoints, issuer: string): MetadataSource {
  const metadata: Metadata = {
    issuer,
    token_endpoint: endpoints.token,
    ...(endpoints.authorization === undefined ? {} : { authorization_endpoint: endpoints.authorization }),
    ...(endpoints.deviceAuthorization === undefined
      ? {}
      : { device_authorization_endpoint: endpoints.deviceAuthorization }),
    ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
    ...(endpoints.introspection === undefined ? {} : { introspection_endpoint: endpoints.introspection }),
  }
  return { read: async () => metadata, forget: () => undefined }
}

/** Undefined for a server that has none, or none that may get secrets. */
export function findEndpoint(metadata: Metadata, name: EndpointName): URL | undefined {
  const url = URL.parse(metadata[name] ?? '')
  return url !== null && isSecure(url) ? url : undefined
}

/** Throws for a server without it, before anything is sent. */
export function endpointOf(metadata: Metadata, name: EndpointName): URL {
  const url = findEndpoint(metadata, name)
  if (url === undefined) throw nothingSent(`the server names no ${name} that may be used`)
  return url
}
