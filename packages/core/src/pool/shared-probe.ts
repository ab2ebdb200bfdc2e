import { standingBlock } from '../exchange/booking.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import { probeServer, type ProbeOutput } from '../exchange/probe.ts'
import { asFault } from '../fault.ts'
import type { PoolPort } from '../session/pool-port.ts'
import type { Timeline } from '../time/timeline.ts'

/** Beyond the time-out of a request, in ms: when the one attempt that a probe allowed has ended, or its claim is over. */
const SLACK = 5_000

interface Flight {
  readonly output: Promise<ProbeOutput>
  /** On whose line its times are. */
  readonly timeline: Timeline
}

/**
 * One probe for all sessions behind one block, which come for it at the same moment (P4). An answer lets the session
 * that asked first make the attempt that ends the block; the others look again when that must have ended, and in the
 * ledger before anything is sent, since it may have renewed the block. Ends with the signal.
 */
export function createSharedProbe(ending: AbortSignal): PoolPort['probe'] {
  let flight: Flight | null = null

  function begin(ports: ExchangePorts): Flight {
    const begun = { output: lookAndProbe(ports, ending), timeline: ports.timeline }
    const land = () => void (flight = null)
    begun.output.then(land, land)
    return begun
  }

  return async (ports, signal) => {
    const first = flight === null
    flight ??= begin(ports)
    const { output, timeline } = flight
    const { reachable, retryAt, until } = await output
    signal.throwIfAborted()
    const now = ports.timeline.now()
    if (reachable && !first)
      return { reachable: false, retryAt: now + ports.policy.requestTimeout + SLACK, until: null }
    const shift = now - timeline.now()
    return { reachable, retryAt: retryAt + shift, until: until === null ? null : until + shift }
  }
}

async function lookAndProbe(ports: ExchangePorts, signal: AbortSignal): Promise<ProbeOutput> {
  try {
    const block = await standingBlock(ports)
    if (block !== null && block.retryAt > ports.timeline.now()) return { reachable: false, ...block }
  } catch (error) {
    ports.onStoreFailure(asFault(error))
  }
  return probeServer(ports, signal)
}
