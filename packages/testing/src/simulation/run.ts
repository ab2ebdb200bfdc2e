import { createCast } from './cast.ts'
import type { Flight } from './flight.ts'
import { words, type Happening } from './happenings.ts'
import type { Observation, Scene } from './observation.ts'
import type { Setting } from './options.ts'
import { play } from './play.ts'
import { recover } from './recovery.ts'
import { createRotatingServer } from './rotating-server.ts'
import { createSharedStore } from './shared-store.ts'
import { createTrace } from './trace.ts'
import { openTrial, type Tally, type Trial, type Violation } from './trial.ts'
import { createWeather } from './weather.ts'
import { createWorld } from './world.ts'

export interface RunCounts {
  readonly events: number
  readonly tokenRequests: number
  /** Ms of virtual time. */
  readonly elapsed: number
}

export interface RunResult {
  readonly violation: Violation | null
  readonly tally: Tally
  readonly counts: RunCounts
  /** Empty unless asked for. */
  readonly trace: readonly string[]
}

/** Ms after the last session was told to end by which it must have. */
const ENDS_WITHIN = 60_000

/** One run: trouble, recovery, the end. The same setting and happenings give the same run, to the event. */
export async function run(setting: Setting, happenings: readonly Happening[], traced: boolean): Promise<RunResult> {
  const flights: Flight[] = []
  const world = createWorld((elapsed) =>
    trial.broken('P13', `events without end (at ${elapsed} ms): somebody goes round in a loop`),
  )
  const trace = createTrace(world, traced)
  const observe = (observation: Observation): void => {
    if (world.stopped) return
    trace.note(observation)
    trial.see(observation)
  }
  const weather = createWeather(world)
  const store = createSharedStore(world, (written) => observe({ type: 'written', written }))
  const server = createRotatingServer({
    world,
    weather,
    setting,
    onGranted: (flight) => observe({ type: 'granted', flight }),
    onRefused: (flight, refusal) => observe({ type: 'refused', flight, refusal }),
  })
  const scene: Scene = { world, setting, store, server, flights }
  const trial: Trial = openTrial(scene)
  const cast = createCast({ world, weather, setting, server, store, flights, observe })
  if (!setting.fromSource) for (const by of firstOfEach(cast.sessions())) cast.people.giveCredentials(by)
  for (const happening of happenings) {
    world.after(happening.at, () => {
      trace.say(words(happening))
      play({ cast, weather, server, store }, happening)
    })
  }

  await world.runUntil(setting.duration)
  if (!world.stopped) trace.say('all faults end')
  if (!world.stopped) await recover({ world, weather, server, cast, trial })
  if (!world.stopped) {
    trace.say('every session is told to end')
    let ended = false
    void cast.dispose().then(() => (ended = true))
    await world.runUntil(world.elapsed + ENDS_WITHIN)
    if (!ended) trial.broken('P12', `a session has not ended ${ENDS_WITHIN / 1000} s after it was told to`)
  }
  return {
    violation: trial.violation,
    tally: trial.tally,
    counts: { events: world.steps, tokenRequests: flights.length, elapsed: world.elapsed },
    trace: trace.lines,
  }
}

function firstOfEach<T extends { readonly account: string }>(sessions: readonly T[]): T[] {
  return sessions.filter(({ account }, index) => sessions.findIndex((one) => one.account === account) === index)
}
