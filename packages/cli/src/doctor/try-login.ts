import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type AccessToken, type EvergrantError } from '@evergrant/core'
import type { Account } from '../account/account.ts'
import type { Io } from '../io.ts'

/** How one login ended. `logins`: token requests that were made, 0 if another process had one just then. */
export type LoginTrial =
  | { readonly type: 'granted'; readonly token: AccessToken; readonly logins: number }
  | { readonly type: 'failed'; readonly error: EvergrantError; readonly logins: number }
  /** Nothing was sent: it has to wait for another process, or for a pause between two requests. */
  | { readonly type: 'put-off'; readonly logins: 0 }

/** After these a session would try again by itself. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(['transient', 'deferred', 'fault'])

/**
 * One login, as every session makes it: under the lease, within the budget, and with its answer in the store, so that a
 * token is there for all and a refusal is remembered. Never more than one request: the session ends with the first
 * that fails. Rejects with an interrupt only.
 */
export async function tryLogin(account: Account, io: Io): Promise<LoginTrial> {
  const { provider } = account
  let logins = 0
  let failure: unknown = null
  const counted: TastytradeProvider = {
    ...provider,
    async requestToken(given, options) {
      logins += 1
      try {
        return await provider.requestToken(given, options)
      } catch (error) {
        failure = error
        throw error
      }
    },
  }
  const ended = new AbortController()
  // At random 1 a pause is the longest that the schedule allows, a second at least: the next try never comes before the end.
  const session = await account.openSession({ provider: counted, random: () => 1 })
  const listening = session.events$.subscribe((event) => {
    if (event.type === 'refresh-ended' && TRIED_AGAIN.has(event.outcome)) ended.abort()
  })
  try {
    const signal = AbortSignal.any([io.interrupts.signal, ended.signal])
    return { type: 'granted', token: await session.getToken({ signal }), logins }
  } catch (error) {
    io.interrupts.signal.throwIfAborted()
    if (isEvergrantError(error)) return { type: 'failed', error, logins }
    if (isEvergrantError(failure)) return { type: 'failed', error: failure, logins }
    if (logins === 0) return { type: 'put-off', logins }
    throw error
  } finally {
    listening.unsubscribe()
    await session.dispose()
  }
}
