import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { bearer, type FetchFunction } from '@evergrant/adapters/ky'
import type { TastytradeClient } from '@evergrant/adapters/tastytrade'
import { isEvergrantError } from '@evergrant/core'

/** One request of the bot, from the moment it asked. Times in epoch ms. */
export interface Call {
  readonly askedAt: number
  /** Whether a token was at hand then. */
  readonly hadToken: boolean
  /** Whether the request left before the asking was over, that is: waited for nothing. */
  readonly leftAtOnce: boolean
  /** Each time it left: a second time if the server refused its token. */
  readonly sends: readonly Send[]
  readonly endedAt: number | null
  /** `ok`, `stopped` with its bot, or how it failed: `status 401`, `no answer`, the code of an error of evergrant. */
  readonly result: string | null
}

interface Send {
  readonly leftAt: number
  /** Of the token that it carried. */
  readonly generation: number
  readonly answeredAt: number | null
  readonly status: number | null
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] }

interface OpenCall extends Writable<Omit<Call, 'sends'>> {
  readonly sends: Writable<Send>[]
}

/** Looks over the shoulder of a bot, on both sides of the adapter that adds the token. */
export interface Traffic {
  readonly calls: readonly Call[]
  /** How many there were, how many of them failed, and how many have no end yet. */
  readonly tally: { readonly made: number; readonly failed: number; readonly open: number }
  /** What a console would show of each failure that the bot saw. */
  readonly failuresShown: readonly string[]
  /** The API client of a bot, watched. */
  watch(client: TastytradeClient, stopped: AbortSignal): TastytradeClient['api']
  /** Forgets the calls, and keeps the tally. */
  forget(): void
}

export function createTraffic(): Traffic {
  const calls: OpenCall[] = []
  const failuresShown: string[] = []
  const present = new AsyncLocalStorage<OpenCall>()
  const tally = { made: 0, failed: 0, open: 0 }

  /** Below the adapter: requests as they leave. */
  function leaving(session: TastytradeClient['session']): FetchFunction {
    return async (input, init) => {
      const generation = session.peekToken()?.generation ?? session.getSnapshot().generation
      const send: Writable<Send> = { leftAt: Date.now(), generation, answeredAt: null, status: null }
      present.getStore()?.sends.push(send)
      const response = await fetch(input, init)
      send.answeredAt = Date.now()
      send.status = response.status
      return response
    }
  }

  function end(call: OpenCall, result: string): void {
    call.endedAt = Date.now()
    call.result = result
    tally.open -= 1
    if (result !== 'ok' && result !== 'stopped') tally.failed += 1
  }

  return {
    calls,
    tally,
    failuresShown,
    watch({ api, session }, stopped) {
      const { fetch: withToken } = bearer(session, { fetch: leaving(session) })

      /** Above the adapter: requests as the bot makes them. */
      const asking: FetchFunction = async (input, init) => {
        const call: OpenCall = {
          askedAt: Date.now(),
          hadToken: session.peekToken() !== null,
          leftAtOnce: false,
          sends: [],
          endedAt: null,
          result: null,
        }
        calls.push(call)
        tally.made += 1
        tally.open += 1
        const answer = present.run(call, () => withToken(input, init))
        call.leftAtOnce = call.sends.length > 0
        try {
          const response = await answer
          end(call, response.ok ? 'ok' : `status ${response.status}`)
          return response
        } catch (error) {
          end(call, stopped.aborted ? 'stopped' : failureName(error))
          failuresShown.push(inspect(error, { depth: 8, showHidden: true }))
          throw error
        }
      }
      return api.extend({ fetch: asking })
    },
    forget() {
      calls.length = 0
      failuresShown.length = 0
    },
  }
}

function failureName(error: unknown): string {
  if (isEvergrantError(error)) return error.code
  const name = error instanceof Error ? error.name : typeof error
  return name === 'AbortError' || name === 'TimeoutError' ? 'no answer' : name
}
