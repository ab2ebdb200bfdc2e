import { asFault } from '../fault.ts'
import { nextProbe } from '../policy.ts'
import { withDeadline } from '../time/deadline.ts'
import { noteSilence } from './booking.ts'
import type { ExchangePorts } from './exchange-ports.ts'

/** What a probe found. Times in epoch ms on the session's line. */
export interface ProbeOutput {
  readonly reachable: boolean
  /** When to probe again. */
  readonly retryAt: number
  /** When the block ends; `null` if that stays as it was. */
  readonly until: number | null
}

/**
 * Asks whether a blocked server answers again, without any credential (P4), and notes it in the ledger if not. A
 * provider without a probe counts as silent, so that its block lasts until its end. Never rejects for the server's sake,
 * nor for the store's; with the reason of `signal` only.
 */
export async function probeServer(ports: ExchangePorts, signal: AbortSignal): Promise<ProbeOutput> {
  const reachable = await isReachable(ports, signal)
  try {
    const block = reachable ? null : await noteSilence(ports)
    const now = ports.timeline.now()
    return { reachable, retryAt: block?.retryAt ?? now, until: block?.until ?? now }
  } catch (error) {
    // A store in trouble must not end the probing; what it does not know of counts as the first probe.
    ports.onStoreFailure(asFault(error))
    return { reachable, retryAt: nextProbe(ports.policy, ports.timeline.now(), 0), until: null }
  }
}

async function isReachable({ provider, policy, timeline }: ExchangePorts, signal: AbortSignal): Promise<boolean> {
  if (provider.probe === undefined) return false
  const deadline = { ms: policy.requestTimeout, reason: () => new Error('No answer in time'), signal }
  try {
    await withDeadline(timeline, deadline, async (bound) => provider.probe?.({ signal: bound }))
    return true
  } catch {
    // Given up, it tells nothing, and is not noted as a silence.
    signal.throwIfAborted()
    return false
  }
}
