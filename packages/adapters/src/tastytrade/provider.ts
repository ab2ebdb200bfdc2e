import {
  EvergrantError,
  judge,
  type Credentials,
  type Provider,
  type RequestOptions,
  type TokenRequestFailure,
  type Verdict,
} from '@evergrant/core'
import { isNothingSent } from '../http/nothing-sent.ts'
import type { CodeLogin } from '../login/code-login.ts'
import { beginLogin, type BeginTastytradeLoginOptions } from './code-login.ts'
import { PRESETS, type TastytradeEnvironment } from './environment.ts'
import { NO_REFRESH_TOKEN, tastytradeHelp } from './help.ts'
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
 * The token endpoint of tastytrade (docs/protocol.md#token-request): access tokens of 15 minutes for a refresh token
 * that does not expire and is not rotated. It offers no `revoke`, since the API has none: a grant is deleted by hand on
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
    check: checkComplete,
    judge: judgeRefusal,
    probe: ({ signal }) => probe(settings, signal),
    beginLogin: (login) => beginLogin(settings, login),
  }
}

function checkComplete(credentials: Credentials): void {
  for (const name of ['clientSecret', 'refreshToken'] as const) {
    if (credentials[name] !== undefined) continue
    throw new EvergrantError('credentials-unreadable', {
      message: `The credentials have no ${name}`,
      help: `Give ${name} as well: tastytrade asks for both. If it comes from a variable, look whether that is set.`,
      details: { source: 'credentials' },
    })
  }
}

/** The code is that of a revoked grant, and the remedy another one (docs/protocol.md#token-errors). */
function judgeRefusal(failure: TokenRequestFailure): Verdict | undefined {
  if (isNothingSent(failure)) return { kind: 'misconfigured' }
  if (!/invalid jwt/i.test(failure.description ?? '')) return undefined
  const verdict = judge(failure)
  return verdict.kind === 'revoked' && verdict.reason === 'grant-revoked'
    ? { ...verdict, help: NO_REFRESH_TOKEN }
    : verdict
}
