import type { ErrorCode } from '@evergrant/core'
import { PRESETS, type TastytradeEnvironment } from './environment.ts'

const SUPPORT = 'api.support@tastytrade.com'

const MIXED_UP: Readonly<Record<TastytradeEnvironment, string>> = {
  production: 'A refresh token of the sandbox does not work in production.',
  sandbox: 'A refresh token of production does not work in the sandbox, which then says "Grant revoked".',
}

/** For a refusal that says "Invalid JWT". */
export const NO_REFRESH_TOKEN =
  'What was given is no refresh token, or not all of it. Copy it again, whole, without quotation marks or the word ' +
  'Bearer, and look whether it stands where the client secret belongs. Only if it is lost, make a new one.'

/** What a person should do next, by error code (docs/protocol.md#authorization, #token-errors and #limits). */
export function tastytradeHelp(environment: TastytradeEnvironment): Readonly<Partial<Record<ErrorCode, string>>> {
  const { grants } = PRESETS[environment]
  const mixedUp = MIXED_UP[environment]
  return {
    'credentials-missing': `Get a client secret and a refresh token for ${environment}: ${grants}.`,
    'signed-out': `Give the account a refresh token again. A new one comes from ${grants}.`,
    'grant-revoked':
      'The grant was deleted, or the client secret was made anew, which ends every grant. ' +
      `Make a new refresh token: ${grants}. ${mixedUp}`,
    'client-rejected':
      'The client secret does not belong to this refresh token. It is shown once, when it is made; a lost one is made ' +
      `anew under OAuth Applications, which ends every grant, so make a new refresh token too: ${grants}. ${mixedUp}`,
    'rotation-lost': `Make a new refresh token: ${grants}.`,
    'ip-block-suspected':
      'tastytrade drops an address for about 8 hours after too many failed logins. Wait, and start nothing that logs ' +
      `in again; if it lasts longer, write to ${SUPPORT}.`,
    'edge-refused':
      'Something in front of tastytrade refused the request. Set userAgent to name/version, such as my-bot/1.0, and ' +
      'check for a proxy or a firewall. The refresh token is not in question: do not replace it.',
    'login-budget-spent':
      'Logins failed too often. The next one waits, since tastytrade blocks an address for 8 hours after too many. ' +
      'Mend the credentials meanwhile.',
  }
}
