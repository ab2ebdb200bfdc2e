import { comeTo } from './acts.ts'
import { differences } from './check.ts'
import type { Scene } from './scene.ts'
import { isAtRest, settle } from './settling.ts'

/** From anywhere: a probe, an attempt, a condemned credential, new ones, a wait for the budget, one for the floor. */
const MOST_STEPS = 12

/**
 * The end of every path: all trouble is over, the server grants, a person who is asked for credentials gives them. Then
 * a token must come, everybody must have been told something, and the next lifetime must cost one request (P12, P13).
 */
export async function problemsOfRecovery(scene: Scene): Promise<string[]> {
  const { session, server, callers } = scene
  const state = () => session.getSnapshot().state
  await settle(scene, () => isAtRest(scene))
  for (let step = 0; step < MOST_STEPS && state() !== 'valid'; step += 1) {
    await help(scene)
    await settle(scene, () => isAtRest(scene))
  }
  if (state() !== 'valid') return [`after all trouble was over the session did not come to valid, but to ${state()}`]

  const before = server.arrived.length
  await comeTo(scene, 'refreshAt')
  await settle(scene, () => server.waitingRequests > 0)
  const problems = differences('token requests for the next lifetime', 1, server.arrived.length - before)
  if (server.waitingRequests > 0) server.answer('GRANT')
  await settle(scene, () => state() === 'valid')
  return [
    ...problems,
    ...differences('the state in the next lifetime', 'valid', state()),
    ...differences('callers who never heard anything (P12)', 0, callers.waiting),
    ...scene.complaints,
  ]
}

async function help(scene: Scene): Promise<void> {
  const { session, server, callers } = scene
  const { state } = session.getSnapshot()
  if (server.waitingRequests > 0) server.answer('GRANT')
  else if (server.waitingProbes > 0) server.answerProbe()
  else if (state === 'unauthenticated' || state === 'revoked') {
    await session.setCredentials(server.issueCredentials())
    callers.follow(session.getToken())
  } else await comeTo(scene, 'retryAt')
}
