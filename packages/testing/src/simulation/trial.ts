import type { Court, CreateWitness, Observation, Scene, WatchedPromise } from './observation.ts'
import { watchDespair } from './witnesses/adopt-before-despair.ts'
import { watchBlocks } from './witnesses/blocked-is-quiet.ts'
import { watchCredentials } from './witnesses/credentials-kept.ts'
import { watchDeadCredentials } from './witnesses/dead-stays-quiet.ts'
import { watchLoginBudget } from './witnesses/login-budget.ts'
import { watchNames } from './witnesses/loss-is-named.ts'
import { watchNeedlessRequests } from './witnesses/no-needless-request.ts'
import { watchStaleTokens } from './witnesses/no-stale-token.ts'
import { watchHanging } from './witnesses/nothing-hangs.ts'
import { watchOneSpender } from './witnesses/one-spender.ts'
import { watchProgress } from './witnesses/progress-or-silence.ts'
import { watchSaving } from './witnesses/saved-before-shown.ts'
import { watchServing } from './witnesses/serve-while-you-can.ts'
import { watchSignOut } from './witnesses/sign-out-wins.ts'

const WITNESSES: readonly CreateWitness[] = [
  watchOneSpender,
  watchDeadCredentials,
  watchLoginBudget,
  watchBlocks,
  watchStaleTokens,
  watchServing,
  watchSaving,
  watchNames,
  watchDespair,
  watchCredentials,
  watchNeedlessRequests,
  watchHanging,
  watchProgress,
  watchSignOut,
]

/** A promise that was broken. */
export interface Violation {
  readonly promise: WatchedPromise
  /** Ms since the beginning. */
  readonly at: number
  readonly words: string
}

/** How often a promise was put to the test. */
interface Tested {
  readonly held: number
  /** Times when it could not hold, for a reason that no client can mend. */
  readonly excused: number
}

export type Tally = Readonly<Partial<Record<WatchedPromise, Tested>>>

/** All witnesses, and what they have said. */
export interface Trial extends Court {
  readonly violation: Violation | null
  readonly tally: Tally
  see(observation: Observation): void
}

/** One witness on one kind of observation, and told of no other. */
type Hearer = (observation: Observation) => void

export function openTrial(scene: Scene): Trial {
  const tally: Partial<Record<WatchedPromise, { held: number; excused: number }>> = {}
  let violation: Violation | null = null

  const tested = (promise: WatchedPromise) => (tally[promise] ??= { held: 0, excused: 0 })

  const court: Court = {
    held(promise) {
      tested(promise).held += 1
    },
    excused(promise) {
      tested(promise).excused += 1
    },
    broken(promise, words) {
      violation ??= { promise, at: scene.world.elapsed, words }
      scene.world.stop()
    },
  }
  const witnesses = WITNESSES.map((createWitness) => createWitness(scene, court))
  const hearers = new Map<Observation['type'], readonly Hearer[]>()

  /** Worked out once for each kind: most of what is seen concerns few of the witnesses. */
  function hearersOf(type: Observation['type']): readonly Hearer[] {
    const found = witnesses.flatMap((witness) => (witness[type] as Hearer | undefined) ?? [])
    hearers.set(type, found)
    return found
  }

  return {
    ...court,
    get violation() {
      return violation
    },
    tally,
    see(observation) {
      const { type } = observation
      for (const hear of hearers.get(type) ?? hearersOf(type)) hear(observation)
    },
  }
}
