import type { AccessToken } from '@evergrant/core'
import type { Court, CreateWitness, Scene } from '../observation.ts'
import { isMisled, type SimulatedSession } from '../simulated-session.ts'

/** Ms by which two sessions may disagree about the server's time: `Date` has whole seconds, and small differences are none. */
export const DISAGREEMENT = 4_000

/** P5: no token is given that is past its end by the server's clock, or that was refused. */
export const watchStaleTokens: CreateWitness = (scene, court) => {
  /** The tokens that somebody has dated with a wrong clock: what the server says later dates none anew. */
  const misdated = new WeakMap<SimulatedSession, AccessToken>()

  return {
    shown({ by, token }) {
      if (token === null) return
      if (isMisled(by, scene.setting)) misdated.set(by, token)
      judge(scene, court, by, token, misdated.get(by) === token)
    },
    told({ call: { by }, token }) {
      if (token !== null) judge(scene, court, by, token, misdated.get(by) === token)
    },
  }
}

function judge(
  { server, world }: Scene,
  court: Court,
  by: SimulatedSession,
  token: AccessToken,
  misdated: boolean,
): void {
  if (by.rejected.has(token.generation)) {
    return court.broken('P5', `${by.name} gives out generation ${token.generation}, which was refused`)
  }
  const diesAt = server.lifeOf(token.value)
  // Invalidated at the server, which nobody can know before it says so.
  if (diesAt === null) return court.excused('P5')
  const own = server.broughtBy(token.value)?.from === by
  if (world.now < diesAt + (own ? 0 : DISAGREEMENT)) return court.held('P5')
  if (!own && misdated) return court.excused('P5')
  court.broken('P5', `${by.name} gives out a token that died ${world.now - diesAt} ms ago`)
}
