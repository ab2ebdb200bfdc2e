import type { ExchangeRequest } from '../exchange/consult.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import type { Outcome } from '../exchange/outcome.ts'
import type { ProbeOutput } from '../exchange/probe.ts'
import type { SessionEvent } from './token-session.ts'

/** An exchange that was asked for, under way or still waiting for its turn. */
export interface Departure {
  readonly outcome: Promise<Outcome>
  /** Somebody waits for it from now on. */
  hurry(): void
  /** Gives it up unless it has begun: nothing was sent yet. */
  stop(reason: Error): void
}

/** The pool as a session sees it: what the sessions of many accounts share besides the store. */
export interface PoolPort {
  /** Begins an exchange when its turn comes. It rejects as `exchange` does, and with the reason of `stop`. */
  depart(ports: ExchangePorts, request: ExchangeRequest, signal: AbortSignal): Departure
  /** Probes the server once for all who ask. Rejects with the reason of `signal` only. */
  probe(ports: ExchangePorts, signal: AbortSignal): Promise<ProbeOutput>
  tell(account: string, event: SessionEvent): void
}
