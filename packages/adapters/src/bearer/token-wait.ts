import { invalidOptions, type GetTokenOptions } from '@evergrant/core'

/** Below ky's own time limit of 10 s, or that would come first and hide why there is no token. */
export const LONGEST_WAIT_IN_KY = 8_000

/** What a session is asked with by a request that waits for a token. */
export type TokenWait = Pick<GetTokenOptions, 'maxWait'>

/** Undefined leaves the bound to the session. Throws `invalid-options` for what is no time. */
export function tokenWait(maxWait: number | undefined): TokenWait {
  if (maxWait === undefined) return {}
  if (typeof maxWait === 'number' && maxWait >= 0) return { maxWait }
  throw invalidOptions('maxWait', 'is not a number of at least 0', 'It is a time in milliseconds.')
}
