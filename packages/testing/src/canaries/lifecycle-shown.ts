import { lifecycleMachine, type AccessToken } from '@evergrant/core'
import { createActor } from 'xstate'

/**
 * What XState shows of the machine that holds a token: its snapshot, also as JSON and persisted, and every inspection
 * event with all that it refers to.
 */
export function lifecycleShown(token: AccessToken): unknown {
  const inspected: unknown[] = []
  const actor = createActor(lifecycleMachine, { inspect: (event) => inspected.push(event) })
  actor.start()
  const { issuedAt, expiresAt: mandatoryAt } = token
  actor.send({ type: 'ADOPTED', token, refreshAt: issuedAt, mandatoryAt })
  actor.send({ type: 'REJECTED', generation: token.generation, retryAt: mandatoryAt })
  const snapshot = actor.getSnapshot()
  const persisted = actor.getPersistedSnapshot()
  actor.stop()
  return { snapshot, json: JSON.stringify(snapshot), persisted, inspected }
}
