import { setTimeout as pause } from 'node:timers/promises'
import { envCredentials } from '@evergrant/adapters/env'
import { fileStore } from '@evergrant/adapters/file'
import { createTastytrade, type TastytradeClient, type TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import type { SessionStatus } from '@evergrant/core'
import { printEvent } from './words.ts'

/** What a bot tells of itself: each change of its login, the first failure of a row, and its end. */
export type BotEvent =
  | { readonly type: 'status'; readonly before: SessionStatus; readonly after: SessionStatus }
  | { readonly type: 'failing'; readonly error: unknown }
  | { readonly type: 'answered'; readonly failedRounds: number }

export interface BotOptions {
  readonly api: TastytradeClient['api']
  readonly session: TastytradeClient['session']
  /** Ends the bot. */
  readonly signal: AbortSignal
  /** Ms between two rounds. Default 5,000: tastytrade asks for no more than one balance request a second. */
  readonly every?: number
  /** Ms that a request may take, the wait for a token included. Default 10,000. */
  readonly timeout?: number
  /** Default: prints it. */
  readonly report?: (event: BotEvent) => void
}

/** Asks for the balances of every account, round after round, until the signal. Nothing that fails ends it. */
export async function runBot(options: BotOptions): Promise<void> {
  const { session, signal, every = 5_000, timeout = 10_000, report = printEvent } = options
  const api = options.api.extend({ signal, timeout, retry: 0 })

  let status = session.getSnapshot()
  const watching = session.status$.subscribe((after) => {
    report({ type: 'status', before: status, after })
    status = after
  })

  let accounts: readonly string[] = []
  let failedRounds = 0
  while (!signal.aborted) {
    try {
      if (accounts.length === 0) accounts = await accountNumbers(api)
      await Promise.all(accounts.map((number) => api.get(`accounts/${number}/balances`).json()))
      if (failedRounds > 0) report({ type: 'answered', failedRounds })
      failedRounds = 0
    } catch (error) {
      if (signal.aborted) break
      failedRounds += 1
      if (failedRounds === 1) report({ type: 'failing', error })
      // Whoever mends it may do so with the credentials of another customer.
      accounts = []
    }
    await pause(every, undefined, { signal }).catch(() => undefined)
  }
  watching.unsubscribe()
}

interface AccountList {
  readonly data: { readonly items: readonly { readonly account: { readonly 'account-number': string } }[] }
}

async function accountNumbers(api: BotOptions['api']): Promise<readonly string[]> {
  const { data } = await api.get('customers/me/accounts').json<AccountList>()
  return data.items.map(({ account }) => account['account-number'])
}

/** The bot at tastytrade: credentials from the environment or `.env`, the token in a file that outlives the process. */
export async function runLiveBot(environment: TastytradeEnvironment, signal: AbortSignal): Promise<void> {
  await using tastytrade = createTastytrade({
    environment,
    credentials: envCredentials(),
    store: fileStore('.secrets'),
    account: environment,
    userAgent: 'example-bot/1.0',
  })
  await runBot({ ...tastytrade, signal })
}

// The whole program: node --conditions=@evergrant/source examples/bot/bot.ts [--sandbox]
if (import.meta.main) {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  await runLiveBot(process.argv.includes('--sandbox') ? 'sandbox' : 'production', stop.signal)
}
