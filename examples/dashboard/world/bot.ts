import { bearer, type FetchFunction } from '@evergrant/adapters/ky'
import { createTastytrade, type TastytradeClient } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type Clock } from '@evergrant/core'
import { createMortalProcess, type World } from './mortal-process.ts'

export type BotName = 'A' | 'B'

/** One round of a bot: a request, from the moment it asked. Times on the clock's line `monotonic()`. */
export interface Round {
  readonly askedAt: number
  /** When the request first left; later than it asked if it waited for a token, `null` if it never left. */
  readonly leftAt: number | null
  /** How often it left: twice, if the server refused its token. */
  readonly sent: number
  /** `null` if all went well; else how it failed, as the bot sees it. */
  readonly failure: string | null
}

/** A program that asks for balances and knows nothing of tokens. */
export interface Bot {
  readonly name: BotName
  readonly session: TastytradeClient['session']
  /** Epoch ms on the line of its session, which no setting of the clock moves. */
  readonly now: () => number
  kill(): void
}

export interface BotParts extends World {
  readonly name: BotName
  readonly random: () => number
  readonly onRound: (round: Round) => void
}

const SECOND = 1_000
/** Ms between two rounds. */
const EVERY = 20 * SECOND
/** Ms that a request may take, the wait for a token included. */
const TIMEOUT = 15 * SECOND

/** Starts a bot on what the world gives it, as any program would: a session, ky, and a loop. */
export function startBot({ name, random, onRound, ...world }: BotParts): Bot {
  const process = createMortalProcess(world)
  const { clock, store, source, fetch } = process
  const origin = clock.now() - clock.monotonic()
  const { session, api } = createTastytrade({
    credentials: source,
    store,
    clock,
    random,
    fetch,
    environment: 'sandbox',
    userAgent: 'lab-bot/1.0',
  })

  let leftAt: number | null = null
  let sent = 0
  const leaving: FetchFunction = (input, init) => {
    leftAt ??= clock.monotonic()
    sent += 1
    return fetch(input, init)
  }
  // The lab's clock says when it has taken too long; ky would ask the browser's.
  const watched = api.extend({ ...bearer(session, { fetch: leaving }), timeout: false, retry: 0 })

  async function round(): Promise<void> {
    const askedAt = clock.monotonic()
    leftAt = null
    sent = 0
    const failure = await within(TIMEOUT, clock, async (signal) => {
      await watched.get('customers/me', { signal }).json()
    })
    onRound({ askedAt, leftAt, sent, failure })
    clock.alarm(clock.monotonic() + EVERY, next)
  }

  const next = (): void => void round()
  clock.alarm(clock.monotonic(), next)
  return { name, session, now: () => clock.monotonic() + origin, kill: () => process.kill() }
}

/** `null`, or how it failed. */
async function within(ms: number, clock: Clock, work: (signal: AbortSignal) => Promise<void>): Promise<string | null> {
  const late = new AbortController()
  using _ = clock.alarm(clock.monotonic() + ms, () => late.abort(new DOMException('Too late.', 'TimeoutError')))
  try {
    await work(late.signal)
    return null
  } catch (error) {
    return late.signal.aborted ? 'no answer in time' : failureName(error)
  }
}

function failureName(error: unknown): string {
  if (isEvergrantError(error)) return error.code
  const { response, message } = error as { readonly response?: Response; readonly message?: string }
  return response === undefined ? (message ?? 'failed') : `status ${response.status}`
}
