import type { Cast } from './cast.ts'
import type { RotatingServer } from './rotating-server.ts'
import type { Trial } from './trial.ts'
import type { Weather } from './weather.ts'
import type { World } from './world.ts'

export interface RecoveryPorts {
  readonly world: World
  readonly weather: Weather
  readonly server: RotatingServer
  readonly cast: Cast
  readonly trial: Trial
}

const MINUTE = 60_000
/** Within this time after the last fault every session has a usable token again: the longest backoff, then a spent budget. */
export const RECOVERS_WITHIN = 20 * MINUTE
/** The same where a block is suspected: until the next probe, then as above. */
export const RECOVERS_FROM_BLOCK_WITHIN = 80 * MINUTE
/** How often somebody looks after the accounts. */
const LOOK = MINUTE / 2
const LONGEST_PAUSE = 10_000

/** All faults end; people mend what only people can. Then every session must come to a usable token. */
export async function recover({ world, weather, server, cast, trial }: RecoveryPorts): Promise<void> {
  weather.clear()
  server.unblock()
  for (const host of cast.hosts) host.wake()
  // One that was to die at a step that it has not come to dies no more.
  for (const session of cast.sessions()) session.killAt = null
  cast.startAll()
  cast.hurry(LONGEST_PAUSE)
  const end = world.elapsed
  const wasBlocked = () => cast.sessions().some(({ session }) => session.getSnapshot().state === 'blocked')
  let bound = RECOVERS_WITHIN

  while (!world.stopped && world.elapsed < end + bound) {
    await world.runUntil(world.elapsed + LOOK)
    if (wasBlocked()) bound = RECOVERS_FROM_BLOCK_WITHIN
    if (cast.sessions().every(({ session }) => session.getSnapshot().usable)) return trial.held('liveness')
    mend(cast)
  }
  if (world.stopped) return
  const late = cast.sessions().filter(({ session }) => !session.getSnapshot().usable)
  const words = late.map(({ name, session }) => `${name} (${JSON.stringify(session.getSnapshot())})`)
  trial.broken('liveness', `no usable token ${bound / MINUTE} minutes after the last fault: ${words.join(', ')}`)
}

/** Gives new credentials where a session says that it needs them; once for each account at a time. */
function mend(cast: Cast): void {
  const asked = new Set<string>()
  for (const by of cast.sessions()) {
    const { state, reason } = by.session.getSnapshot()
    const needed = state === 'revoked' || (state === 'unauthenticated' && reason !== null)
    if (!needed || asked.has(by.account)) continue
    asked.add(by.account)
    cast.people.giveCredentials(by)
  }
}
