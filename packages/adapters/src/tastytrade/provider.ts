import type { Provider, RequestOptions } from '@evergrant/core'
import type { CodeLogin } from '../oauth2/code-login.ts'
import { beginLogin, type BeginTastytradeLoginOptions } from './code-login.ts'
import { PRESETS, type TastytradeEnvironment } from './environment.ts'
import { tastytradeHelp } from './help.ts'
import { isIncomplete } from './incomplete-credentials.ts'
import { resolveSettings, type TastytradeOptions } from './options.ts'
import { probe, requestToken } from './token-request.ts'

export interface TastytradeProvider extends Provider {
  readonly name: 'tastytrade'
  readonly environment: TastytradeEnvironment
  readonly apiBaseUrl: string
  /** The page on which a person lets an application in; where `beginLogin` leads. */
  readonly authorizeUrl: string
  probe(options: RequestOptions): Promise<void>
  /** Begins an authorization code flow; nothing is sent. Throws `invalid-options`. */
  beginLogin(options: BeginTastytradeLoginOptions): CodeLogin
}

/**
 * The token endpoint of tastytrade (PROTOCOL.md parts 1 and 3a): access tokens of 15 minutes for a refresh token that
 * does not expire and is not rotated. It offers no `revoke`, since the API has none: a grant is deleted by hand on
 * the website.
 *
 * A token request has no time limit of its own; core's exchange aborts its signal. Throws `invalid-options`.
 */
export function tastytrade(options: TastytradeOptions = {}): TastytradeProvider {
  const settings = resolveSettings(options)
  return {
    name: 'tastytrade',
    issuer: new URL(settings.baseUrl).origin,
    environment: settings.environment,
    apiBaseUrl: settings.apiBaseUrl,
    authorizeUrl: PRESETS[settings.environment].authorizeUrl,
    help: tastytradeHelp(settings.environment),
    requestToken: (credentials, { signal }) => requestToken(settings, credentials, signal),
    judge: (failure) => (isIncomplete(failure) ? { kind: 'misconfigured' } : undefined),
    probe: ({ signal }) => probe(settings, signal),
    beginLogin: (login) => beginLogin(settings, login),
  }
}
