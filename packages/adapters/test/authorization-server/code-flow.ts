import { secret, tokenRequestError, type Credentials, type Secret } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { clientParts, type Client } from './client.ts'
import { ask, checked, requestOptions } from './endpoint.ts'
import type { Server } from './server.ts'

/** An application that a person signs in to. */
export interface Application extends Client {
  /** Where the server sends the browser at the end; known to the server. */
  readonly redirectUri: string
}

/** A login under way. */
export interface Login {
  /** Where the browser goes. */
  readonly url: URL
  /** Ties the callback to this login (RFC 6749 section 10.12). */
  readonly state: string
  /** Proves that the code goes to who began (RFC 7636). */
  readonly codeVerifier: Secret
}

/** Begins an authorization code flow with PKCE (S256) and `state`, for a grant that outlives the browser's session. */
export async function beginLogin({ metadata }: Server, { clientId, redirectUri }: Application): Promise<Login> {
  const codeVerifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(metadata.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid offline_access',
    // Without it the server drops offline_access (OpenID Connect Core 1.0 section 11).
    prompt: 'consent',
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
  }).toString()
  return { url, state, codeVerifier: secret(codeVerifier) }
}

/**
 * Ends a login: checks the callback, spends its code, and gives the credentials for a session. Rejects with
 * `token-request-failed` in the server's words; neither the code nor the verifier is in it.
 */
export async function finishLogin(
  server: Server,
  application: Application,
  login: Login,
  callback: URL,
): Promise<Credentials & { readonly refreshToken: Secret }> {
  const { metadata } = server
  const { clientId, clientSecret, redirectUri } = application
  const { client, authentication, secrets } = clientParts(application)
  const parameters = readCallback(server, client, login, callback)
  const code = secret(parameters.get('code') ?? '')
  const { signal } = new AbortController()
  const options = requestOptions(server, signal)
  const verifier = login.codeVerifier.reveal()
  const send = () =>
    oauth.authorizationCodeGrantRequest(metadata, client, authentication, parameters, redirectUri, verifier, options)
  const { text } = await ask({ send, sent: [...secrets, code, login.codeVerifier], signal })
  const read = () => oauth.processAuthorizationCodeResponse(metadata, client, new Response(text))
  const { refresh_token } = await checked(read, 'this is no token answer')
  if (refresh_token === undefined) {
    throw tokenRequestError({ kind: 'malformed', status: 200, description: 'the server gave no refresh token' })
  }
  return { clientId, ...(clientSecret === undefined ? {} : { clientSecret }), refreshToken: secret(refresh_token) }
}

function readCallback({ metadata }: Server, client: oauth.Client, login: Login, callback: URL): URLSearchParams {
  try {
    return oauth.validateAuthResponse(metadata, client, callback, login.state)
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      const { error: oauthCode, error_description: description } = error
      throw tokenRequestError({ kind: 'rejected', oauthCode, ...(description === undefined ? {} : { description }) })
    }
    throw tokenRequestError({ kind: 'malformed', description: 'the callback does not belong to this login' })
  }
}
