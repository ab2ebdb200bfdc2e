import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import type { EvergrantError } from '@evergrant/core'
import { explainFailure } from '../../login/explain-failure.ts'
import { FAQ, WEBSITES } from '../../login/website.ts'
import { endingOf } from '../../output/exit-code.ts'
import { formatMoment } from '../../output/moment.ts'
import { failure, fine, note, type Finding } from '../finding.ts'
import type { LoginPlan } from '../login-plan.ts'
import type { LoginTrial } from '../try-login.ts'

/** How the one login ended, or why there was none. `declined`: by the person, or by `--no-login`; `unasked`: nobody was there. */
export type LoginOutcome =
  | LoginTrial
  | Exclude<LoginPlan, { readonly type: 'worthwhile' }>
  | { readonly type: 'declined' | 'unasked' }

export function checkLogin(outcome: LoginOutcome, environment: TastytradeEnvironment, now: number): Finding {
  const untried = { tried: false, why: outcome.type }
  switch (outcome.type) {
    case 'granted': {
      const { expiresAt, scope, generation } = outcome.token
      const facts = { tried: true, logins: outcome.logins, expiresAt, scope, generation }
      const end = formatMoment(expiresAt, now)
      return fine('login', `The server takes the credentials. The token is in the store, and expires ${end}.`, facts)
    }
    case 'failed':
      return failed(outcome.error, outcome.logins, environment, now)
    case 'put-off':
      return note('login', {
        title: 'No login was made: another process is logging in, or has just done so.',
        cause: 'Two token requests are never made right after each other.',
        next: ['Run the doctor again in a minute.'],
        facts: untried,
      })
    case 'unneeded':
      return fine('login', `No login was needed: ${outcome.why}.`, untried)
    case 'barred':
      return note('login', {
        title: `No login was tried: ${outcome.why}.`,
        cause: 'It would be in vain, or count as one more failed login.',
        facts: untried,
      })
    case 'declined':
      return note('login', {
        title: 'No login was tried.',
        cause: 'Whether the server takes the credentials shows only in a login.',
        next: ['To try one: evergrant doctor --yes'],
        facts: untried,
      })
    case 'unasked':
      return note('login', {
        title: 'No login was tried, since there was nobody to ask.',
        cause: 'A login counts, if it fails; so the doctor asks first.',
        next: ['To let it try one: evergrant doctor --yes'],
        facts: untried,
      })
  }
}

/** In the words of `evergrant login`. */
function failed(error: EvergrantError, logins: number, environment: TastytradeEnvironment, now: number): Finding {
  const { code } = error
  const { what, why, next } = explainFailure(error, { environment, now })
  const ending = endingOf(code)
  const page = ending === 'login-dead' ? WEBSITES[environment].page : FAQ
  return failure('login', ending, { title: what, cause: why, next, page, facts: { tried: true, logins, code } })
}
