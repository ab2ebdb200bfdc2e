import type { Credentials } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { nothingSent } from '../http/nothing-sent.ts'
import type { Metadata } from './metadata.ts'
import type { ClientAuthentication } from './options.ts'
import { CLOCK_TOLERANCE, type ServerClock } from './server-clock.ts'
import type { OAuth2Settings } from './settings.ts'

/** Who asks, and how it proves that. */
export interface ClientParts {
  readonly client: oauth.Client
  readonly authentication: oauth.ClientAuth
}

export type ClientCredentials = Pick<Credentials, 'clientId' | 'clientSecret'>

// RFC 7523 section 3, in seconds. Short, so that one that is seen is soon of no use.
const ASSERTION_LIFETIME = 60

/**
 * The client of these credentials, or else of the options. A secret or a key of the options belongs to their client
 * alone. Throws where something is missing, before anything is sent.
 */
export function completeClient(settings: OAuth2Settings, given: ClientCredentials): ClientCredentials {
  const client = knownClient(settings, given)
  if (client.clientId === undefined) throw nothingSent('the credentials have no client id')
  return client
}

/** The same for a server that may not ask who the client is. */
export function knownClient(settings: OAuth2Settings, given: ClientCredentials): ClientCredentials {
  const clientId = given.clientId ?? settings.clientId
  const own = clientId === undefined || isOwn(settings, clientId)
  const clientSecret = given.clientSecret ?? (own ? settings.clientSecret : undefined)
  return {
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
  }
}

export function clientParts(
  settings: OAuth2Settings,
  time: ServerClock,
  metadata: Metadata,
  { clientId = '', clientSecret }: ClientCredentials,
): ClientParts {
  const client: oauth.Client = { client_id: clientId }
  const privateKey = isOwn(settings, clientId) ? settings.privateKey : undefined
  const fallback = clientSecret === undefined ? 'none' : secretMethod(metadata)
  const method = settings.clientAuthentication ?? (privateKey === undefined ? fallback : 'private_key_jwt')
  if (method === 'none') return { client, authentication: oauth.None() }
  if (method === 'private_key_jwt') {
    if (privateKey === undefined) throw nothingSent('the private key belongs to another client')
    const { key, kid } = privateKey
    const options = { [oauth.modifyAssertion]: assertionEditor(settings, time, metadata) }
    return { client, authentication: oauth.PrivateKeyJwt(kid === undefined ? { key } : { key, kid }, options) }
  }
  if (clientSecret === undefined) throw nothingSent('the credentials have no client secret')
  const secret = clientSecret.reveal()
  const basic = method === 'client_secret_basic'
  return { client, authentication: basic ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret) }
}

function isOwn({ clientId }: OAuth2Settings, other: string): boolean {
  return clientId === undefined || clientId === other
}

/** What RFC 6749 section 2.3.1 prefers, unless the server says that it takes the other only. */
function secretMethod({ token_endpoint_auth_methods_supported: methods }: Metadata): ClientAuthentication {
  if (!Array.isArray(methods) || methods.includes('client_secret_basic')) return 'client_secret_basic'
  return methods.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic'
}

/** oauth4webapi dates an assertion by the platform's clock, and means the issuer by it. */
function assertionEditor(settings: OAuth2Settings, time: ServerClock, metadata: Metadata) {
  const audience = settings.assertionAudience ?? (settings.issuer === undefined ? metadata.token_endpoint : undefined)
  return (_header: unknown, payload: Record<string, oauth.JsonValue | undefined>): void => {
    const now = Math.floor(time.now() / 1_000)
    // Dated back by as much as a clock may be wrong without being corrected: some servers allow for nothing.
    const from = now - CLOCK_TOLERANCE / 1_000
    Object.assign(payload, { iat: from, nbf: from, exp: now + ASSERTION_LIFETIME })
    if (audience !== undefined) payload['aud'] = audience
  }
}
