import type { ErrorCode } from '@evergrant/core'

/** What a person should do next, by error code. */
export function keeperHelp(url: string): Readonly<Partial<Record<ErrorCode, string>>> {
  return {
    'credentials-missing':
      'Give the API key: keeperProvider({ url, apiKey }). An operator makes one: evergrant keys create.',
    'signed-out': 'Ask for it with refresh({ force: true }). The account at the keeper is as it was.',
    'client-rejected':
      `The keeper at ${url} does not accept the API key: it is unknown, revoked or expired. Ask an operator for a new one ` +
      '(evergrant keys create) and put it in place of the old.',
    'login-budget-spent': 'API keys were refused several times. Mend them; it goes on by itself.',
  }
}

const NEW_CREDENTIALS: ReadonlySet<string> = new Set([
  'grant-revoked',
  'client-rejected',
  'rotation-lost',
  'login-expired',
  'account-unknown',
])

/** In place of what the keeper says to operators. */
export function keeperProblemHelp(code: string, url: string): string | undefined {
  if (!NEW_CREDENTIALS.has(code)) return undefined
  return `Nothing to mend here: have an operator post new credentials to the keeper, POST ${url}/api/v1/credentials. The session goes on by itself then.`
}
