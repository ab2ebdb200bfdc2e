import type { Departure, PoolPort } from '../session/pool-port.ts'
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
  /** The same for an exchange that has not begun, because others of the pool come first. */
  stop(reason: Error): void
  /** Somebody waits for what is under way: it comes before what nobody waits for. */
  hurry(): void
  readonly busy: boolean
  /** Resolves once nothing is under way; at once if nothing is. */
  idle(): Promise<void>
}

export interface SpenderPorts extends ExchangePorts {
  /** Those whose exchanges take turns with these; without any, each begins at once. */
  readonly pool?: PoolPort | null
}

interface Flight {
  readonly outcome: Promise<Outcome>
  readonly controller: AbortController
  readonly departure: Departure | null
}

/**
 * Whoever asks while an exchange is under way gets its result; leaving a state of the machine detaches from it and does
 * not abort it, for an aborted request does not bring a rotated refresh token back.
 */
export function createSpender(ports: SpenderPorts): Spender {
  return new SingleFlight(ports)
}

class SingleFlight implements Spender {
  readonly #ports: SpenderPorts
  #flight: Flight | null = null

  constructor(ports: SpenderPorts) {
    this.#ports = ports
  }

  get busy(): boolean {
    return this.#flight !== null
  }

  spend(request: ExchangeRequest): Promise<Outcome> {
    if (this.#flight !== null) return this.#flight.outcome
    const controller = new AbortController()
    const { signal } = controller
    const departure = this.#ports.pool?.depart(this.#ports, request, signal) ?? null
    const outcome = departure?.outcome ?? exchange(this.#ports, request, signal)
    const flight = { outcome, controller, departure }
    this.#flight = flight
    const land = () => {
      if (this.#flight === flight) this.#flight = null
    }
    outcome.then(land, land)
    return outcome
  }

  cancel(reason: Error): void {
    const cancelled = this.#flight
    this.#flight = null
    cancelled?.controller.abort(reason)
  }

  stop(reason: Error): void {
    this.#flight?.departure?.stop(reason)
  }

  hurry(): void {
    this.#flight?.departure?.hurry()
  }

  async idle(): Promise<void> {
    await this.#flight?.outcome.catch(() => undefined)
  }
}
