import { invalidOptions, redact, secret, type TokenRequestFailure } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import type { CodeLogin } from '../login/code-login.ts'
import { loginFailed, loginResult } from '../login/login-result.ts'
import { redirectUriOf } from '../login/redirect-uri.ts'
import { withTimeLimit } from '../time/time-limit.ts'
import { additionalParameters, scopeOf } from './checks.ts'
import { completeClient } from './client.ts'
import { endpointOf, type Metadata } from './metadata.ts'
import type { Server } from './server.ts'
import { requestGrant } from './token-request.ts'

export interface BeginLoginOptions {
  /** Where the server sends the browser at the end, as it is registered: https, loopback, or a scheme of your own. */
  readonly redirectUri: string
  /** Space-separated. Default: the scope of the provider. */
  readonly scope?: string | undefined
  /** Further parameters of the authorization request, e.g. `prompt`, `login_hint`, `access_type`. Nothing secret. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
}

const BEGIN_AGAIN = 'Begin a new login, and finish it with the address at which its own browser window arrived.'
const FOREIGN: TokenRequestFailure = { kind: 'malformed', description: 'the callback names another issuer' }
const NAME_THE_ISSUER =
  'If the endpoints are given and the issuer is not, name the issuer too. Else the callback comes from another server: ' +
  'begin a new login.'

/** Only the browser is on its way when it resolves: besides the metadata, nothing is asked of the server. */
export async function beginLogin(server: Server, options: BeginLoginOptions): Promise<CodeLogin> {
  const { settings, dpop } = server
  const { clock, requestTimeout: ms } = settings
  const redirectUri = redirectUriOf(options.redirectUri)
  const scope = scopeOf('scope', options.scope) ?? settings.scope
  const further = additionalParameters('additionalParameters', options.additionalParameters)
  const client = completeClient(settings, {})
  const { clientId = '' } = client
  const metadata = await withTimeLimit({ clock, ms, signal: options.signal }, (bound) => server.metadata.read(bound))

  const state = oauth.generateRandomState()
  const verifier = secret(oauth.generateRandomCodeVerifier())
  const url = endpointOf(metadata, 'authorization_endpoint')
  const parameters = {
    ...further,
    client_id: clientId,
    redirect_uri: options.redirectUri,
    response_type: 'code',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier.reveal()),
    code_challenge_method: 'S256',
    ...(scope === undefined ? {} : { scope }),
    // RFC 9449 section 10: so the code is of no use without the key either.
    ...(dpop === undefined ? {} : { dpop_jkt: await dpop.thumbprint() }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)

  let progress: 'open' | 'sending' | 'done' = 'open'
  return {
    url,
    state,
    async finish(callbackUrl, { signal } = {}) {
      if (progress !== 'open') {
        // A server that sees a code twice ends the grant that came of it (RFC 6749 section 4.1.2).
        throw invalidOptions('finish', 'was called already', 'Begin a new login.')
      }
      const callback = callbackParameters(metadata, clientId, callbackUrl, redirectUri, state)
      progress = 'sending'
      try {
        const response = await withTimeLimit({ clock, ms, signal }, (bound) =>
          requestGrant(server, client, bound, (current, parts, send) =>
            oauth.authorizationCodeGrantRequest(
              current,
              parts.client,
              parts.authentication,
              callback,
              options.redirectUri,
              verifier.reveal(),
              send,
            ),
          ),
        )
        progress = 'done'
        return loginResult(client, response)
      } finally {
        if (progress === 'sending') progress = 'open'
      }
    },
  }
}

/** Checks a callback (RFC 6749 section 4.1.2, RFC 9207 section 2.4). */
function callbackParameters(
  metadata: Metadata,
  clientId: string,
  callbackUrl: string | URL,
  redirectUri: URL,
  state: string,
): URLSearchParams {
  const url = URL.parse(String(callbackUrl), redirectUri)
  if (url === null) throw invalidOptions('callbackUrl', 'is no URL', 'Give the address at which the browser arrived.')
  try {
    const parameters = oauth.validateAuthResponse(metadata, { client_id: clientId }, url, state)
    if (parameters.has('code')) return parameters
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw loginFailed(refusalOf(error, url), BEGIN_AGAIN)
    const named = url.searchParams.get('iss')
    if (named !== null && named !== metadata.issuer) throw loginFailed(FOREIGN, NAME_THE_ISSUER)
  }
  // What the library throws holds the callback, and the code in it.
  throw loginFailed({ kind: 'malformed', description: 'the callback does not belong to this login' }, BEGIN_AGAIN)
}

function refusalOf(error: oauth.AuthorizationResponseError, { searchParams }: URL): TokenRequestFailure {
  const code = secret(searchParams.get('code') ?? '')
  const { error: oauthCode, error_description: description } = error
  return {
    kind: 'rejected',
    oauthCode: redact(oauthCode, [code]),
    ...(description === undefined ? {} : { description: redact(description, [code]) }),
  }
}
