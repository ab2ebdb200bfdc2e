import { asFault } from '../fault.ts'
import { backoff } from '../policy.ts'
import { consult, type ConsultPorts } from './consult.ts'
import type { Outcome } from './outcome.ts'
import { look } from './view.ts'

/**
 * What the store says to somebody who wants a token and knows of none but the one of generation `have`: a token, that a
 * request is due, or why not. Sends nothing, and never rejects: a store that cannot be read is asked again later.
 */
export async function consultStore(ports: ConsultPorts, have: number, force: boolean): Promise<Outcome> {
  const request = { have, rejected: 0, force, halfOpen: false, attempts: 0, mandatoryAt: null }
  try {
    return consult(ports, await look(ports), request)
  } catch (error) {
    const retryAt = ports.timeline.now() + backoff(ports.policy, 1, ports.random)
    return { type: 'transient', error: asFault(error), retryAt }
  }
}
