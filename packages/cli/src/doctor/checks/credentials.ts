import type { AccountChoice } from '../../account/choice.ts'
import { sayNearName } from '../../account/near-names.ts'
import { directions, newGrant, WEBSITES } from '../../login/website.ts'
import { printable } from '../../output/printable.ts'
import { failure, fine, note, type Facts, type Finding } from '../finding.ts'
import type { AccountLook } from '../look-at-account.ts'
import type { Sources } from '../look-at-sources.ts'

const LOST_SECRET =
  'A client secret is shown once, when it is made. Lost? Make a new one; that ends every grant, so make a new refresh token too'

/** Where the credentials come from, which of several counts, and what is missing. `look`: `null` if the store is closed. */
export function checkCredentials(
  look: AccountLook | null,
  sources: Sources,
  choice: AccountChoice,
): readonly Finding[] {
  const { environment, account } = choice
  const { page } = WEBSITES[environment]
  const from = look?.from ?? (sources.credentials === null ? null : 'environment')
  const facts: Facts = {
    from,
    environment: sources.environment,
    file: sources.file,
    store: look === null ? 'unreadable' : look.stored === null ? 'none' : 'complete',
  }
  const near = sources.nearNames.map(sayNearName)
  const lost = `${LOST_SECRET}: ${directions(environment)}.`

  if (from === 'store' && look?.stored != null) {
    const missing = look.stored.clientSecret ? (look.stored.refreshToken ? null : 'refresh token') : 'client secret'
    if (missing !== null) {
      return [
        failure('credentials', 'not-logged-in', {
          title: `The store holds no ${missing} for account ${printable(account)}.`,
          cause: 'A login needs both a client secret and a refresh token.',
          next: [missing === 'client secret' ? lost : newGrant(environment), 'Then run: evergrant login'],
          page,
          facts,
        }),
      ]
    }
    return [fine('credentials', 'The credentials come from the store.', facts), ...shadowed(sources)]
  }
  if (from === 'environment') {
    const where =
      sources.environment === 'none' ? '.env' : sources.file === 'none' ? 'environment' : 'environment and .env'
    const told = fine('credentials', `The credentials come from the ${where}.`, facts)
    const both = sources.environment === 'complete' && sources.file === 'complete'
    return both ? [told, environmentWins()] : [told]
  }
  if (sources.error !== null) {
    const lacksSecret = /but TASTY_CLIENT_SECRET/.test(sources.error.message)
    const unreadable = sources.error.cause !== undefined
    return [
      failure('credentials', 'not-logged-in', {
        title: `${sources.error.message}.`,
        cause: unreadable
          ? 'The operating system does not let this user read it.'
          : 'A login needs both, and one is of no use without the other.',
        next: [...near, sources.error.help, ...(unreadable ? [] : [lacksSecret ? lost : newGrant(environment)])],
        page: unreadable ? null : page,
        facts,
      }),
    ]
  }
  if (look === null) return []
  return [
    failure('credentials', 'not-logged-in', {
      title: `Nobody is logged in: there are no credentials for account ${printable(account)}.`,
      cause: `Neither the store, nor TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN in the environment, nor ${sources.path} has any.`,
      next: [
        ...near,
        ...(look.others.length === 0
          ? []
          : [`The store has other accounts: ${look.others.map(printable).join(', ')}. Name one with --account.`]),
        'Run: evergrant login',
      ],
      page,
      facts,
    }),
  ]
}

function shadowed({ environment, file }: Sources): readonly Finding[] {
  if (environment === 'none' && file === 'none') return []
  const where = environment === 'none' ? '.env' : 'environment'
  return [
    note('credentials', {
      title: `The ${where} has credentials too, and they are not used.`,
      cause: 'An account that is logged in by the store keeps to the store, for as long as that login lives.',
      next: ['To use the others: evergrant logout, or name another account with --account.'],
      facts: { from: 'store' },
    }),
  ]
}

function environmentWins(): Finding {
  return note('credentials', {
    title: 'The environment and the .env both have credentials; the environment wins.',
    cause: 'A variable that is set counts more than a line of the file.',
    next: [
      'Changed the .env and nothing happens? Then unset TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN in the shell.',
    ],
    facts: { from: 'environment' },
  })
}
