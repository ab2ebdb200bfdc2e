import { invalidOptions, secret, type Secret, type TokenResponse } from '@evergrant/core'
import { secureEndpoint } from '../http/secure-url.ts'
import type { CodeLogin } from '../login/code-login.ts'
import { loginResult } from '../login/login-result.ts'
import { redirectUriOf } from '../login/redirect-uri.ts'
import { codeOfCallback, randomState } from './callback.ts'
import { PRESETS } from './environment.ts'
import { joinScopes, type TastytradeSettings } from './options.ts'
import { postToken } from './token-request.ts'

export interface BeginTastytradeLoginOptions {
  readonly clientId: string
  readonly clientSecret: string | Secret
  /** As it is registered, to the letter. Default `http://localhost:8000`. */
  readonly redirectUri?: string | undefined
  /** `read`, `trade`, `openid`. Default `read` alone. */
  readonly scopes?: readonly string[] | undefined
  /** Another page in place of the environment's own, e.g. that of a fake. https, or http on loopback. */
  readonly authorizeUrl?: string | undefined
}

const REDIRECT_URI = 'http://localhost:8000'

/**
 * The authorization code flow of tastytrade (RFC 6749 section 4.1, docs/protocol.md#authorization). Without PKCE, of
 * which no page of theirs knows. `finish` has no time limit of its own: give it a signal, or call it in a provider's
 * `requestToken`.
 */
export function beginLogin(settings: TastytradeSettings, options: BeginTastytradeLoginOptions): CodeLogin {
  const { clientId, redirectUri = REDIRECT_URI, scopes = ['read'] } = options
  const clientSecret = secret(options.clientSecret)
  if (clientId === '' || clientSecret.reveal() === '') {
    const option = clientId === '' ? 'clientId' : 'clientSecret'
    throw invalidOptions(option, 'is empty', 'Give the client id and the client secret of the application.')
  }
  const redirect = redirectUriOf(redirectUri)
  const url = secureEndpoint('authorizeUrl', options.authorizeUrl ?? PRESETS[settings.environment].authorizeUrl)
  const state = randomState()
  const scope = joinScopes(scopes)
  const parameters = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    state,
    ...(scope === undefined ? {} : { scope }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)

  async function redeem(code: Secret, signal: AbortSignal): Promise<TokenResponse> {
    const fields = {
      grant_type: 'authorization_code',
      code: code.reveal(),
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      redirect_uri: redirectUri,
    }
    return postToken(settings, fields, [code, clientSecret], signal)
  }

  let progress: 'open' | 'sending' | 'done' = 'open'
  return {
    url,
    state,
    async finish(callbackUrl, { signal = new AbortController().signal } = {}) {
      // A server that sees a code twice ends the grant that came of it (RFC 6749 section 4.1.2).
      if (progress !== 'open') throw invalidOptions('finish', 'was called already', 'Begin a new login.')
      const code = codeOfCallback(callbackUrl, redirect, state)
      progress = 'sending'
      try {
        const response = await redeem(code, signal)
        progress = 'done'
        return loginResult({ clientId, clientSecret }, response)
      } finally {
        if (progress === 'sending') progress = 'open'
      }
    },
  }
}
