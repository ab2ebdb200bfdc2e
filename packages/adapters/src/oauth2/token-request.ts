import { isTokenRequestFailed, type Credentials, type TokenResponse } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { nothingSent } from '../http/nothing-sent.ts'
import { askForGrant } from './ask-for-grant.ts'
import type { SendOptions } from './ask.ts'
import { clientParts, completeClient, type ClientCredentials, type ClientParts } from './client.ts'
import { requestByForm } from './form-request.ts'
import { endpointOf, type Metadata } from './metadata.ts'
import { CLOCK_TOLERANCE } from './server-clock.ts'
import type { Server } from './server.ts'

/** Makes the one request of a grant. */
type SendGrant = (
  metadata: Metadata,
  parts: ClientParts,
  options: SendOptions & oauth.DPoPRequestOptions,
) => Promise<Response>

/** After these the metadata are looked up again: the endpoint has moved. */
const MOVED: ReadonlySet<number | undefined> = new Set([404, 405, 410])
/** Refusals of what was signed, before the grant itself was looked at. */
const PROOF_CODES: ReadonlySet<string | undefined> = new Set(['invalid_client', 'invalid_dpop_proof'])

/** The request of a session. */
export async function requestToken(
  server: Server,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { grant, dialect } = server.settings
  const response = await (dialect?.tokenForm === undefined
    ? requestByGrant(server, credentials, signal)
    : requestByForm(server, credentials, signal, dialect.tokenForm))
  if (grant === 'refresh_token') return response
  // There is nothing to use it for; with a grant of the client itself there should be none (RFC 6749 section 4.4.3).
  const { refreshToken: _, ...rest } = response
  return grant === 'authorization_code' ? { ...rest, renewable: false } : rest
}

/** A refresh (RFC 6749 section 6), a token for the client itself (section 4.4), or one for a code (section 4.1.3). */
async function requestByGrant(server: Server, credentials: Credentials, signal: AbortSignal): Promise<TokenResponse> {
  const { settings } = server
  const client = completeClient(settings, credentials)
  const parameters = new URLSearchParams(settings.additionalParameters)
  if (settings.scope !== undefined) parameters.set('scope', settings.scope)
  if (settings.grant === 'client_credentials') {
    return requestGrant(server, client, signal, (metadata, parts, options) =>
      oauth.clientCredentialsGrantRequest(metadata, parts.client, parts.authentication, parameters, options),
    )
  }
  const { refreshToken } = credentials
  if (settings.grant === 'authorization_code') {
    if (refreshToken === undefined) throw nothingSent('the credentials have no code (refreshToken)')
    parameters.set('code', refreshToken.reveal())
    parameters.set('redirect_uri', settings.redirectUri ?? '')
    return requestGrant(server, client, signal, (metadata, parts, options) =>
      oauth.genericTokenEndpointRequest(
        metadata,
        parts.client,
        parts.authentication,
        'authorization_code',
        parameters,
        options,
      ),
    )
  }
  if (refreshToken === undefined) throw nothingSent('the credentials have no refresh token')
  return requestGrant(server, client, signal, (metadata, parts, options) =>
    oauth.refreshTokenGrantRequest(metadata, parts.client, parts.authentication, refreshToken.reveal(), {
      ...options,
      additionalParameters: parameters,
    }),
  )
}

/**
 * Buys a token. A request that was refused for want of the server's nonce (RFC 9449 section 8), or because a wrong clock
 * had dated what was signed, is sent once more with what the refusal has brought: the server has looked at no grant.
 */
export async function requestGrant(
  server: Server,
  credentials: ClientCredentials,
  signal: AbortSignal,
  send: SendGrant,
): Promise<TokenResponse> {
  const { settings, time, dpop } = server
  const metadata = await server.metadata.read(signal)
  const url = endpointOf(metadata, 'token_endpoint')
  const parts = clientParts(settings, time, metadata, credentials)

  const request = (): Promise<TokenResponse> =>
    askForGrant(server, {
      client: credentials,
      url,
      signal,
      send: (options) => send(metadata, parts, { ...options, ...(dpop === undefined ? {} : { DPoP: dpop.handle }) }),
    })

  const offset = time.offset
  try {
    return await request()
  } catch (error) {
    if (!isTokenRequestFailed(error)) throw error
    const { kind, status, oauthCode } = error.details.failure
    if (kind === 'redirect' || MOVED.has(status)) server.metadata.forget()
    const signed = dpop !== undefined || settings.privateKey !== undefined
    const misdated = PROOF_CODES.has(oauthCode) && Math.abs(time.offset - offset) > CLOCK_TOLERANCE
    if (!signed || !(oauthCode === 'use_dpop_nonce' || misdated)) throw error
    return request()
  }
}
