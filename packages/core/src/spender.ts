import type { ExchangeRequest } from './consult.ts'
import { exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import type { Outcome } from './outcome.ts'

/** The single flight of one session. */
export interface Spender {
  /** Joins the exchange under way, or begins one. Rejects with the reason of `cancel` or a fault of ours. */
  spend(request: ExchangeRequest): Promise<Outcome>
  /** Gives up what is under way, for good: its result is of no use to anybody. */
  cancel(reason: Error): void
  readonly busy: boolean
  /** Resolves once nothing is under way; at once if nothing is. */
  idle(): Promise<void>
}

/**
 * Whoever asks while an exchange is under way gets its result; leaving a state of the machine detaches from it and does
 * not abort it, for an aborted request does not bring a rotated refresh token back.
 */
export function createSpender(ports: ExchangePorts): Spender {
  let flight: { readonly outcome: Promise<Outcome>; readonly controller: AbortController } | null = null

  return {
    spend(request) {
      if (flight !== null) return flight.outcome
      const controller = new AbortController()
      const outcome = exchange(ports, request, controller.signal)
      const mine = { outcome, controller }
      flight = mine
      const land = () => {
        if (flight === mine) flight = null
      }
      outcome.then(land, land)
      return outcome
    },
    cancel(reason) {
      const cancelled = flight
      flight = null
      cancelled?.controller.abort(reason)
    },
    get busy() {
      return flight !== null
    },
    async idle() {
      await flight?.outcome.catch(() => undefined)
    },
  }
}
