import { eventLoopTurns } from '../event-loop.ts'
import { show, type Arrivals, type Expectation } from './expectation.ts'
import type { Move } from './moves.ts'
import type { Scene } from './scene.ts'

/** What a 429 asks for, ms. */
const RETRY_AFTER = 20_000

/** The states whose reason the model knows. */
const REASONED: readonly string[] = ['unauthenticated', 'blocked', 'revoked']

/** What is seen of a session from outside, in the terms of the model. */
export function see({ session, server }: Scene): Expectation {
  const { state, reason, usable } = session.getSnapshot()
  const underWay = server.waitingRequests > 0 ? 'request' : server.waitingProbes > 0 ? 'probe' : null
  return { state, reason: REASONED.includes(state) ? reason : null, usable, underWay }
}

/** What is wrong after a step, by the model and by the promises that hold at any time; empty if nothing is. */
export async function problemsOf(
  scene: Scene,
  expected: Expectation,
  arrivals: Arrivals,
  arrivedBefore: number,
): Promise<string[]> {
  return [
    ...differences('the session is seen as', show(expected), show(see(scene))),
    ...problemsOfArrivals(scene, arrivals, arrivedBefore),
    ...problemsOfToken(scene),
    ...(await problemsOfService(scene)),
    ...scene.complaints,
  ]
}

function problemsOfArrivals({ server }: Scene, { requests, probes }: Arrivals, before: number): string[] {
  const fresh = server.arrived.slice(before)
  const sent = fresh.filter(({ kind }) => kind === 'token')
  const probed = fresh.filter(({ kind }) => kind === 'probe')
  return [
    ...differences('token requests that reached the server', requests, sent.length),
    ...differences('probes that reached the server', probes, probed.length),
    ...(server.waitingRequests > 1 ? ['P1: two token requests are under way'] : []),
    ...(sent.every(({ carries }) => carries === 'present credentials')
      ? []
      : ['P7, P14: a token request carried credentials that are not the present ones']),
    ...(probed.every(({ carries }) => carries === 'nothing') ? [] : ['P4: a probe carried a credential']),
  ]
}

/** Whatever shows the token must show the same, and never one that is dead or refused (P5). */
function problemsOfToken(scene: Scene): string[] {
  const { session, shown, refused } = scene
  const token = session.peekToken()
  const status = session.getSnapshot()
  return [
    ...differences('usable, against peekToken()', token !== null, status.usable),
    ...differences('the generation of token$, against peekToken()', token?.generation, shown.token?.generation),
    ...(shown.status === status ? [] : ['status$ has not shown the present status']),
    ...problemsOfAge(scene),
    ...(token !== null && refused.has(token.generation) ? ['P5: peekToken() gives a token that was refused'] : []),
  ]
}

/** Also asked before any alarm could fire: whoever wakes from sleep gets no dead token (P5). */
export function problemsOfAge({ session, clock }: Scene): string[] {
  const token = session.peekToken()
  return token !== null && token.expiresAt <= clock.time ? ['P5: peekToken() gives a token that has expired'] : []
}

/** While there is a usable token nobody waits (P6). */
async function problemsOfService({ session }: Scene): Promise<string[]> {
  const token = session.peekToken()
  if (token === null) return []
  let served: number | null = null
  session.getToken().then(
    ({ generation }) => (served = generation),
    () => undefined,
  )
  await eventLoopTurns(1)
  return served === token.generation ? [] : ['P6: there is a usable token, and a caller does not get it at once']
}

/** The server's word on when to come again is heeded (P9). */
export function problemsOfWait({ session, clock }: Scene, move: Move): string[] {
  const { retryAt } = session.getSnapshot()
  const heeded = move !== 'RATE_LIMIT' || (retryAt ?? 0) >= clock.time + RETRY_AFTER
  return heeded ? [] : ['P9: the next attempt comes before the time that Retry-After named']
}

/** Where a sibling's token is of use, it is taken from the store; the news of it may take its time (P10). */
export function problemsOfAdoption({ session, fetchedBySibling }: Scene, move: Move, expected: Expectation): string[] {
  if (move !== 'SIBLING_FETCHED' || expected.state !== 'valid') return []
  return differences(
    'P10: the generation in use, against the sibling’s',
    fetchedBySibling,
    session.peekToken()?.generation,
  )
}

export function differences(what: string, expected: unknown, seen: unknown): string[] {
  return expected === seen ? [] : [`${what}: expected ${String(expected)}, seen ${String(seen)}`]
}
