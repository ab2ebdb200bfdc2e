import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import type { AccountReport } from '@evergrant/core'
import { directions, newGrant, otherEnvironment, WEBSITES } from '../../login/website.ts'
import { failure, fine, type Finding } from '../finding.ts'

/** What is known of the login without asking: signed out, refused before, or nothing against it. */
export function checkGrant({ signedOut, revoked }: AccountReport, environment: TastytradeEnvironment): Finding {
  const { page } = WEBSITES[environment]
  const facts = { revoked, signedOut }
  const other = otherEnvironment(environment)
  if (signedOut) {
    return failure('grant', 'not-logged-in', {
      title: 'The account was signed out.',
      cause: 'Somebody ran "evergrant logout", or a program signed out, for all who share this store.',
      next: ['Run: evergrant login'],
      page,
      facts,
    })
  }
  if (revoked === 'client-rejected') {
    return failure('grant', 'login-dead', {
      title: 'The server has refused the client secret, so it is not sent again.',
      cause: `It is wrong, belongs to another application or to ${other}, or was replaced by a new one.`,
      next: [
        'Copy the client secret again, whole, from where you kept it.',
        `Lost? Make a new one: ${directions(environment)}. That ends every grant, so make a new refresh token too.`,
        'Then run: evergrant login',
      ],
      page,
      facts,
    })
  }
  if (revoked !== null) {
    return failure('grant', 'login-dead', {
      title: TITLES[revoked],
      cause: revoked === 'grant-revoked' ? revocation(environment) : CAUSES[revoked],
      next: [
        ...(revoked === 'grant-revoked' ? [`Is it for ${other}? Then use --env ${other}.`] : []),
        newGrant(environment),
        'Then run: evergrant login. Bots on the same store go on by themselves.',
      ],
      page,
      facts,
    })
  }
  return fine('grant', 'Nothing is known against the login.', facts)
}

const TITLES = {
  'grant-revoked': 'The grant is revoked: the server has refused this refresh token, so it is not sent again.',
  'rotation-lost': 'A new refresh token was lost on its way, and the old one is spent.',
  'login-expired': 'The login has lasted as long as it may.',
} as const

const CAUSES = {
  'rotation-lost': 'A program was ended between the answer of the server and the save.',
  'login-expired': 'A person has to log in again.',
} as const

function revocation(environment: TastytradeEnvironment): string {
  const reasons =
    'Its grant was deleted on the website, or the client secret was made anew since, which ends every grant'
  return environment === 'sandbox'
    ? `${reasons}; or it is a token of production, to which the sandbox answers "Grant revoked" too.`
    : `${reasons}; or it is a token of the sandbox.`
}
