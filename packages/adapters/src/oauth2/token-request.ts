import { isTokenRequestFailed, type Credentials, type TokenResponse } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { ask, type SendOptions } from './ask.ts'
import { clientParts, completeClient, type ClientCredentials, type ClientParts } from './client.ts'
import { readGrantBody } from './grant-body.ts'
import { endpointOf, type Metadata } from './metadata.ts'
import { nothingSent } from './nothing-sent.ts'
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

/** The request of a session: a refresh (RFC 6749 section 6), or a token for the client itself (section 4.4). */
export async function requestToken(
  server: Server,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { settings } = server
  const client = completeClient(settings, credentials)
  const parameters = new URLSearchParams(settings.additionalParameters)
  if (settings.scope !== undefined) parameters.set('scope', settings.scope)
  if (settings.grant === 'client_credentials') {
    const response = await requestGrant(server, client, signal, (metadata, parts, options) =>
      oauth.clientCredentialsGrantRequest(metadata, parts.client, parts.authentication, parameters, options),
    )
    // RFC 6749 section 4.4.3: there should be none, and there is nothing to use it for.
    const { refreshToken: _, ...rest } = response
    return rest
  }
  const { refreshToken } = credentials
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

  async function request(): Promise<TokenResponse> {
    const { value, date } = await ask({
      settings,
      time,
      url,
      signal,
      send: (options) => send(metadata, parts, { ...options, ...(dpop === undefined ? {} : { DPoP: dpop.handle }) }),
      read: readGrantBody,
      problem: 'the answer has no usable access token',
    })
    const { tokenType } = settings
    return { ...value, ...(tokenType === undefined ? {} : { tokenType }), ...(date === undefined ? {} : { date }) }
  }

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
