import {
  secret,
  tokenRequestError,
  type Credentials,
  type EvergrantError,
  type Provider,
  type Secret,
  type TokenResponse,
} from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { clientParts } from './client.ts'
import { ask, checked, requestOptions } from './endpoint.ts'
import type { Server } from './server.ts'
import { parseJson } from './token-failure.ts'

const NOTHING_SENT = 'nothing was sent'

/**
 * Any OAuth2 server that refreshes (RFC 6749 section 6), by its metadata. Credentials are a client id, the secret of a
 * confidential client, and a refresh token. Has `revoke` where the server has a revocation endpoint (RFC 7009).
 */
export function oauthProvider(server: Server): Provider {
  const { issuer, revocation_endpoint } = server.metadata
  return {
    issuer,
    apiBaseUrl: new URL(issuer).origin,
    requestToken: (credentials, { signal }) => refresh(server, credentials, signal),
    judge: ({ kind, status, description }) =>
      kind === 'unknown' && status === undefined && description?.endsWith(NOTHING_SENT) === true
        ? { kind: 'misconfigured' }
        : undefined,
    ...(revocation_endpoint === undefined
      ? {}
      : { revoke: (credentials, { signal }) => revoke(server, credentials, signal) }),
  }
}

async function refresh(server: Server, credentials: Credentials, signal: AbortSignal): Promise<TokenResponse> {
  const { metadata } = server
  const { client, authentication, sent, refreshToken } = parts(credentials)
  const options = requestOptions(server, signal)
  const send = () => oauth.refreshTokenGrantRequest(metadata, client, authentication, refreshToken.reveal(), options)
  const { text, date } = await ask({ send, sent, signal })
  // A session has no use for the ID token, and one that fails its checks must not cost the refresh token beside it.
  const { id_token: _, ...grant } = Object(parseJson(text)) as { readonly id_token?: unknown }
  const read = () => oauth.processRefreshTokenResponse(metadata, client, Response.json(grant))
  const answer = tokenResponse(await checked(read, 'this is no token answer'))
  return date === undefined ? answer : { ...answer, date }
}

async function revoke(server: Server, credentials: Credentials, signal: AbortSignal): Promise<void> {
  const { client, authentication, sent, refreshToken } = parts(credentials)
  const hint = { token_type_hint: 'refresh_token' }
  const options = { ...requestOptions(server, signal), additionalParameters: hint }
  const send = () => oauth.revocationRequest(server.metadata, client, authentication, refreshToken.reveal(), options)
  await ask({ send, sent, signal })
}

/** What a request needs of the credentials. Throws if something is missing, so that no request is made. */
function parts({ clientId, clientSecret, refreshToken }: Credentials) {
  if (clientId === undefined) throw incomplete('client id')
  if (refreshToken === undefined) throw incomplete('refresh token')
  const { secrets, ...rest } = clientParts({ clientId, clientSecret })
  const sent: readonly Secret[] = [...secrets, refreshToken]
  return { ...rest, sent, refreshToken }
}

function incomplete(missing: string): EvergrantError<'token-request-failed'> {
  return tokenRequestError({ kind: 'unknown', description: `the credentials have no ${missing}; ${NOTHING_SENT}` })
}

/** A token answer in the words of core. oauth4webapi writes the type in lower case, which some APIs do not take. */
function tokenResponse(answer: oauth.TokenEndpointResponse): TokenResponse {
  const { access_token, token_type, expires_in, refresh_token, scope } = answer
  return {
    accessToken: secret(access_token),
    tokenType: token_type === 'bearer' ? 'Bearer' : token_type,
    ...(expires_in === undefined ? {} : { expiresIn: expires_in }),
    ...(refresh_token === undefined ? {} : { refreshToken: secret(refresh_token) }),
    ...(scope === undefined ? {} : { scope }),
  }
}
