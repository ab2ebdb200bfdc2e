import type { AccountStanding } from '../../account/account.ts'
import { copyFault } from '../../terminal/copied.ts'
import { failure, warning, type Finding } from '../finding.ts'

export interface Given {
  readonly clientSecret: string | null
  readonly refreshToken: string | null
  readonly from: AccountStanding['from']
}

/** What was copied along with a client secret or a refresh token. */
export function checkCopies({ clientSecret, refreshToken, from }: Given): readonly Finding[] {
  const mended =
    from === 'store' ? 'Then run: evergrant login' : 'Put it into its variable, or its line of .env, and nothing else.'
  const checked = [
    { check: 'credentials', name: 'client secret', text: clientSecret },
    { check: 'refresh-token', name: 'refresh token', text: refreshToken },
  ] as const
  return checked.flatMap(({ check, name, text }) => {
    const fault = text === null ? null : copyFault(text)
    if (fault === null) return []
    const told = {
      title: `The ${name} has ${fault.what}.`,
      cause: 'That is sent as a part of it, and the server then refuses the login.',
      next: [fault.mend, mended],
      facts: { credential: name },
    }
    return [fault.sure ? failure(check, 'login-dead', told) : warning(check, told)]
  })
}
