import { invalidOptions, type Provider, type RequestOptions, type Secret } from '@evergrant/core'
import { discardBody } from '../http/body-text.ts'
import { isNothingSent } from '../http/nothing-sent.ts'
import { userAgentHeader } from '../http/user-agent.ts'
import type { CodeLogin } from '../login/code-login.ts'
import { withTimeLimit } from '../time/time-limit.ts'
import { bare } from './ask.ts'
import { beginLogin, type BeginLoginOptions } from './code-login.ts'
import { beginDeviceLogin, type BeginDeviceLoginOptions, type DeviceLogin } from './device-login.ts'
import { discover } from './discovery.ts'
import { createDpopSigner, type DpopSigner } from './dpop.ts'
import { helpFor } from './help.ts'
import { introspect, type IntrospectOptions, type Introspection } from './introspection.ts'
import { givenMetadata, type MetadataSource } from './metadata.ts'
import type { OAuth2Options } from './options.ts'
import { revoke } from './revocation.ts'
import { createServerClock, type ServerClock } from './server-clock.ts'
import type { Server } from './server.ts'
import { resolveSettings, type OAuth2Settings } from './settings.ts'
import { sharedFlight } from './shared-flight.ts'
import { requestToken } from './token-request.ts'
import { transportError } from './transport-error.ts'

export interface OAuth2Provider extends Provider {
  readonly name: 'oauth2'
  /** Signs calls of the API, where tokens are bound to a key. */
  readonly dpop: DpopSigner | undefined
  probe(options: RequestOptions): Promise<void>
  /** Begins an authorization code flow with PKCE. Rejects with `invalid-options` or `token-request-failed`. */
  beginLogin(options: BeginLoginOptions): Promise<CodeLogin>
  /** Begins a login on another device. Rejects with `invalid-options` or `token-request-failed`. */
  beginDeviceLogin(options?: BeginDeviceLoginOptions): Promise<DeviceLogin>
  /** Asks the server about a token (RFC 7662). Rejects with `token-request-failed`, or the reason of the signal. */
  introspect(token: string | Secret, options?: IntrospectOptions): Promise<Introspection>
}

/**
 * Any OAuth2 server, by its issuer or its endpoints. Credentials are a client id, the secret of a confidential client, and
 * a refresh token; with the grant `client_credentials`, the first two alone; with `authorization_code`, the code of a login
 * in place of the refresh token.
 *
 * Nothing is sent before the first request. The metadata of an issuer are looked up once, for everybody who waits; a
 * failure is not kept, and counts as transient. A token request has no time limit of its own; core's exchange aborts its
 * signal. `revoke` does nothing where the server has no revocation endpoint. Throws `invalid-options`.
 */
export function oauth2(options: OAuth2Options): OAuth2Provider {
  const settings = resolveSettings(options)
  const { apiBaseUrl, environment, endpoints, grant, loginLifetime } = settings
  const time = createServerClock(settings.clock)
  const dpop = settings.dpop === undefined ? undefined : createDpopSigner(settings.dpop, time)
  const server: Server = { settings, time, dpop, metadata: metadataOf(settings, time) }
  const revokes = grant === 'refresh_token' && (endpoints === undefined || endpoints.revocation !== undefined)
  return {
    name: 'oauth2',
    issuer: settings.serverName,
    ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
    ...(environment === undefined ? {} : { environment }),
    ...(loginLifetime === undefined ? {} : { loginLifetime }),
    help: { ...helpFor(grant), ...settings.help },
    dpop,
    requestToken: (credentials, { signal }) => requestToken(server, credentials, signal),
    judge: (failure) => settings.judge?.(failure) ?? (isNothingSent(failure) ? { kind: 'misconfigured' } : undefined),
    probe: ({ signal }) => probe(settings, signal),
    ...(revokes ? { revoke: (credentials, { signal }) => revoke(server, credentials, signal) } : {}),
    beginLogin: async (login) => beginLogin(refreshing(server), login),
    beginDeviceLogin: async (login) => beginDeviceLogin(refreshing(server), login),
    introspect: (token, asked) => introspect(server, token, asked),
  }
}

/** Throws where a login would spend the very code that the session is to spend. */
function refreshing(server: Server): Server {
  if (server.settings.grant !== 'authorization_code') return server
  throw invalidOptions(
    'grant',
    'leaves the code of a login to the session',
    'Send the person to the login page of the server, and hand the code in the address where the browser arrives to ' +
      'setCredentials({ refreshToken: code }).',
  )
}

function metadataOf(settings: OAuth2Settings, time: ServerClock): MetadataSource {
  const { issuer, endpoints, serverName, clock, requestTimeout: ms } = settings
  if (endpoints !== undefined) return givenMetadata(endpoints, issuer ?? serverName)
  const flight = sharedFlight((signal) =>
    withTimeLimit({ clock, ms, signal }, (bound) => discover(settings, time, issuer ?? serverName, bound)),
  )
  return { read: (signal) => flight.get(signal), forget: () => flight.forget() }
}

/** A GET without any credential to where tokens come from; any HTTP answer at all will do. */
async function probe(settings: OAuth2Settings, signal: AbortSignal): Promise<void> {
  const url = new URL('/', settings.endpoints?.token ?? settings.serverName)
  const headers = userAgentHeader(settings.userAgent)
  try {
    discardBody(await settings.fetch(url.href, { ...bare(signal), headers }))
  } catch (error) {
    throw transportError(error, signal)
  }
}
