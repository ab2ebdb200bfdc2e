import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { newGrant, WEBSITES } from '../../login/website.ts'
import { printable } from '../../output/printable.ts'
import { failure, fine, note, type Finding } from '../finding.ts'

export interface ScopesAsked {
  /** As the server, or else the refresh token, names them; `null` if neither does. */
  readonly scope: string | null
  /** What the person wants to do. */
  readonly need: readonly string[]
}

/** What the token may do, beside what is wanted. */
export function checkScopes({ scope, need }: ScopesAsked, environment: TastytradeEnvironment): Finding {
  if (scope === null) {
    return note('scopes', {
      title: 'What the login may do is not known yet.',
      cause: 'That is told with a token.',
      facts: { scope },
    })
  }
  const granted = scope.split(' ').filter((word) => word !== '')
  const missing = need.filter((word) => !granted.includes(word))
  const facts = { scope, need, missing }
  if (missing.length > 0) {
    return failure('scopes', 'usage', {
      title: `The login may not ${missing.join(' and ')}: it has "${printable(scope)}" alone.`,
      cause: 'The grant was made with fewer scopes. The API answers 403 to what it does not cover.',
      next: [
        `Tick ${missing.map((word) => `"${word}"`).join(' and ')} with the application on the website.`,
        newGrant(environment),
        'Then run: evergrant login',
      ],
      page: WEBSITES[environment].page,
      facts,
    })
  }
  return fine('scopes', `The login may: ${printable(scope)}.`, facts)
}
