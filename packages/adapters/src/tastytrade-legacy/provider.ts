import type { Provider, RequestOptions } from '@evergrant/core'
import type { TastytradeEnvironment } from '../tastytrade/environment.ts'
import { probe } from '../tastytrade/token-request.ts'
import { legacyHelp } from './help.ts'
import { logIn, type LoginMemory } from './login.ts'
import { resolveLegacySettings, type TastytradeLegacyOptions } from './options.ts'
import { judgeRefusal } from './refusal.ts'

export interface TastytradeLegacyProvider extends Provider {
  readonly name: 'tastytrade-legacy'
  readonly environment: TastytradeEnvironment
  readonly apiBaseUrl: string
  probe(options: RequestOptions): Promise<void>
}

/**
 * The login of tastytrade with user name and password (docs/protocol.md#password-logins), which is announced to end, or
 * has ended: new programs use `tastytrade()`. Credentials are the user name as `clientId`, the password as `clientSecret`, and a remember
 * token as `refreshToken`; one of the last two will do. Tokens live for a day and are sent without `Bearer`.
 *
 * A remember token is good for one login. Core keeps the next one as it keeps a rotated refresh token: it is stored before
 * anybody gets the session token that came with it.
 *
 * Once the server does not know the login any more, a session becomes `revoked` with `client-rejected`, and the help line
 * leads to OAuth. A code that is not given, or is refused, is asked for again after an hour, or at once with
 * `refresh({ force: true })`.
 *
 * It offers no `revoke`: to end a session takes its token, not the remember token. Throws `invalid-options`.
 */
export function tastytradeLegacy(options: TastytradeLegacyOptions = {}): TastytradeLegacyProvider {
  const settings = resolveLegacySettings(options)
  const memory: LoginMemory = { retired: false, refused: null }
  return {
    name: 'tastytrade-legacy',
    issuer: new URL(settings.baseUrl).origin,
    environment: settings.environment,
    apiBaseUrl: settings.apiBaseUrl,
    get help() {
      return legacyHelp(settings.environment, memory.retired)
    },
    requestToken: (credentials, { signal }) => logIn(settings, memory, credentials, signal),
    judge: judgeRefusal,
    probe: ({ signal }) => probe(settings, signal),
  }
}
