import type { ExchangeRequest } from './consult.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { exchange } from './exchange.ts'
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

interface Flight {
  readonly outcome: Promise<Outcome>
  readonly controller: AbortController
}

/**
 * Whoever asks while an exchange is under way gets its result; leaving a state of the machine detaches from it and does
 * not abort it, for an aborted request does not bring a rotated refresh token back.
 */
export function createSpender(ports: ExchangePorts): Spender {
  return new SingleFlight(ports)
}

class SingleFlight implements Spender {
  readonly #ports: ExchangePorts
  #flight: Flight | null = null

  constructor(ports: ExchangePorts) {
    this.#ports = ports
  }

  get busy(): boolean {
    return this.#flight !== null
  }

  spend(request: ExchangeRequest): Promise<Outcome> {
    if (this.#flight !== null) return this.#flight.outcome
    const controller = new AbortController()
    const flight = { outcome: exchange(this.#ports, request, controller.signal), controller }
    this.#flight = flight
    const land = () => {
      if (this.#flight === flight) this.#flight = null
    }
    flight.outcome.then(land, land)
    return flight.outcome
  }

  cancel(reason: Error): void {
    const cancelled = this.#flight
    this.#flight = null
    cancelled?.controller.abort(reason)
  }

  async idle(): Promise<void> {
    await this.#flight?.outcome.catch(() => undefined)
  }
}
