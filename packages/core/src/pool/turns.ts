import type { Clock } from '../clock.ts'
import type { ExchangeRequest } from '../exchange/consult.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import { exchange } from '../exchange/exchange.ts'
import type { Outcome } from '../exchange/outcome.ts'
import type { Departure, PoolPort } from '../session/pool-port.ts'

interface Turn {
  /** The last call for the token that is still served, on the clock's monotonic line. */
  readonly lastCall: number
  come(): void
}

/** No token is served meanwhile: whoever wants one waits for this exchange. */
const nothingServed = ({ mandatoryAt }: ExchangeRequest): boolean => mandatoryAt === null

/**
 * Lets so many exchanges be under way at once, over all sessions of a pool. Those for whose token somebody waits come
 * before those that renew ahead of time, the longest waiting first. Once the last call of one of the latter has come, the two
 * take turns: a rush of cold accounts lets no served token die, and renewals that never end keep nobody out.
 */
export function createTurns(clock: Clock, concurrency: number): PoolPort['depart'] {
  const urgent = new Set<Turn>()
  const early = new Set<Turn>()
  let free = concurrency
  let lastWasEarly = false

  function next(): Turn | undefined {
    const [waited] = urgent
    const [ahead] = early
    if (waited === undefined || ahead === undefined) return waited ?? ahead
    lastWasEarly = !lastWasEarly && ahead.lastCall <= clock.monotonic()
    return lastWasEarly ? ahead : waited
  }

  function remove(turn: Turn): void {
    urgent.delete(turn)
    early.delete(turn)
  }

  function callNext(): void {
    while (free > 0) {
      const turn = next()
      if (turn === undefined) return
      remove(turn)
      free -= 1
      turn.come()
    }
  }

  /** Resolves once it may begin; true if others came first. Rejects with the reason of the signal. */
  function wait(turn: Turn, lane: Set<Turn>, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        remove(turn)
        reject(signal.reason as Error)
      }
      let atOnce = true
      turn.come = () => {
        signal.removeEventListener('abort', leave)
        resolve(!atOnce)
      }
      signal.addEventListener('abort', leave, { once: true })
      lane.add(turn)
      callNext()
      atOnce = false
    })
  }

  async function travel(
    turn: Turn,
    ports: ExchangePorts,
    request: ExchangeRequest,
    signal: AbortSignal,
    waits: AbortSignal,
  ): Promise<Outcome> {
    const waited = await wait(turn, nothingServed(request) ? urgent : early, waits)
    try {
      // What allowed the one attempt that ends a block may be over by now; the ledger knows.
      const asked = waited ? { ...request, halfOpen: false } : request
      for (;;) {
        const outcome = await exchange(ports, asked, signal)
        if (outcome.type !== 'deferred' || outcome.reason !== 'crowded') return outcome
        // Other processes log in. Waited for here and not by everybody: the others would only ask the store in vain.
        await ports.timeline.wait(outcome.retryAt - ports.timeline.now(), waits)
      }
    } finally {
      free += 1
      callNext()
    }
  }

  return (ports, request, signal): Departure => {
    const now = clock.monotonic()
    const { mandatoryAt } = request
    const lastCall = mandatoryAt === null ? now : now + mandatoryAt - ports.timeline.now()
    const turn: Turn = { lastCall, come: () => undefined }
    const waits = new AbortController()
    const giveUp = () => waits.abort(signal.reason)
    signal.addEventListener('abort', giveUp)
    const outcome = travel(turn, ports, request, signal, waits.signal).finally(() =>
      signal.removeEventListener('abort', giveUp),
    )
    return {
      outcome,
      hurry() {
        if (lastCall > clock.monotonic() && early.delete(turn)) urgent.add(turn)
      },
      stop: (reason) => waits.abort(reason),
    }
  }
}
