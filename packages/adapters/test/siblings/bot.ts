import { createTastytrade, type TastytradeClient } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type SessionState, type Sharing, type TokenStore } from '@evergrant/core'
import type { VirtualClock } from '@evergrant/testing'
import { BehaviorSubject, combineLatest, filter, firstValueFrom } from 'rxjs'

/** How to come by a token of the fake, with nothing that a line of JSON could not carry. */
export interface Access {
  readonly baseUrl: string
  readonly clientSecret: string
  readonly refreshToken: string
}

export interface BotOptions extends Access {
  readonly store: TokenStore
  readonly sharing: Sharing
  readonly clock: VirtualClock
  /** Ms. Default 120 s: a machine that stands still for seconds takes no lease away. */
  readonly leaseTtl?: number
}

/** A part of a bot's life. */
export interface Life {
  /** Time that passes first, as in sleep: what fell due meanwhile is done only after it. In ms. */
  readonly pass: number
  /** How many call the API at once, before the rest of the program has noticed that time has passed. */
  readonly callers: number
  /** The token to wait for; one more caller uses it. */
  readonly generation: number
}

/** What came of it. */
export interface Lived {
  /** Of all callers, each but once: `ok`, or the code of an error. */
  readonly outcomes: readonly string[]
  readonly state: SessionState
  readonly generation: number
}

/** A program that calls the API, one of several that share a store and a grant. */
export interface Bot extends TastytradeClient {
  live(life: Life): Promise<Lived>
}

/** Where no new token comes from while time stands still. */
const STUCK: ReadonlySet<SessionState> = new Set(['backoff', 'blocked', 'revoked'])

/** Runs in a process as in a page. */
export function openBot(options: BotOptions): Bot {
  const { baseUrl, clientSecret, refreshToken, store, sharing, clock, leaseTtl = 120_000 } = options
  const client = createTastytrade({
    baseUrl,
    store,
    sharing,
    clock,
    policy: { floor: 0, leaseTtl },
    credentials: { clientSecret, refreshToken },
  })
  const { session, api } = client
  const exchangesUnderWay$ = new BehaviorSubject(0)
  session.events$.subscribe(({ type }) => {
    if (type === 'refresh-started') exchangesUnderWay$.next(exchangesUnderWay$.value + 1)
    if (type === 'refresh-ended') exchangesUnderWay$.next(exchangesUnderWay$.value - 1)
  })

  async function call(): Promise<string> {
    try {
      await api.get('customers/me')
      return 'ok'
    } catch (error) {
      return isEvergrantError(error) ? error.code : (error as Error).name
    }
  }

  return {
    ...client,
    async live({ pass, callers, generation }) {
      clock.sleep(pass)
      const calls = Array.from({ length: callers }, call)
      await clock.settle()
      // Nothing may be under way when time moves on, or it would seem to have taken as long.
      const [{ state, generation: reached }] = await firstValueFrom(
        combineLatest([session.status$, exchangesUnderWay$]).pipe(
          filter(([now, exchanges]) => exchanges === 0 && (now.generation === generation || STUCK.has(now.state))),
        ),
      )
      const outcomes = await Promise.all([...calls, call()])
      return { outcomes: [...new Set(outcomes)], state, generation: reached }
    },
  }
}
