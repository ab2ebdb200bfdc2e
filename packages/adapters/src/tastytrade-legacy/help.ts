import type { ErrorCode } from '@evergrant/core'
import { PRESETS, type TastytradeEnvironment } from '../tastytrade/environment.ts'
import { tastytradeHelp } from '../tastytrade/help.ts'

/** What a person should do next, by error code. Once the login is known to be retired, only the way out is told. */
export function legacyHelp(
  environment: TastytradeEnvironment,
  retired: boolean,
): Readonly<Partial<Record<ErrorCode, string>>> {
  const migration =
    'Go over to OAuth: make an OAuth application on the website of tastytrade (My Profile → API → OAuth Applications), ' +
    `note its client secret, and make a grant, which shows a refresh token (${PRESETS[environment].grants}). Give these ` +
    'two to createTastytrade() of @evergrant/adapters/tastytrade in place of the user name and the password.'
  if (retired) {
    return { ...tastytradeHelp(environment), 'client-rejected': migration, 'grant-revoked': migration }
  }
  const again = 'Log in with the password once more: setCredentials({ clientId: user name, clientSecret: password }).'
  return {
    ...tastytradeHelp(environment),
    'credentials-missing':
      'Give the user name as clientId, and the password as clientSecret or a remember token as refreshToken. ' +
      `tastytrade has announced the end of this login. ${migration}`,
    'signed-out': again,
    'grant-revoked': `A remember token is good for one login, and expires. ${again} It may also be retired by now. ${migration}`,
    'rotation-lost': `A remember token is good for one login, and the answer to that was lost. ${again}`,
    'client-rejected':
      'Check the user name and the password, then give the right ones to setCredentials(). It may also be that the ' +
      `login with a password is retired by now. ${migration}`,
  }
}
