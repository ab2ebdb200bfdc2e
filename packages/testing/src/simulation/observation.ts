import type { AccessToken, ExchangeStep, SessionStatus } from '@evergrant/core'
import type { Call } from './call.ts'
import type { Flight, Refusal } from './flight.ts'
import type { Setting } from './options.ts'
import type { RotatingServer } from './rotating-server.ts'
import type { SharedStore, Written } from './shared-store.ts'
import type { SimulatedSession } from './simulated-session.ts'
import type { World } from './world.ts'

/** What can be seen in a run, by somebody who sees every end of every wire. */
export type Observation =
  | { readonly type: 'sent'; readonly flight: Flight }
  | { readonly type: 'granted'; readonly flight: Flight }
  | { readonly type: 'refused'; readonly flight: Flight; readonly refusal: Refusal }
  | { readonly type: 'answered'; readonly flight: Flight }
  | { readonly type: 'probed'; readonly by: SimulatedSession }
  | { readonly type: 'step'; readonly by: SimulatedSession; readonly step: ExchangeStep }
  | { readonly type: 'store-failed'; readonly by: SimulatedSession }
  | { readonly type: 'written'; readonly written: Written }
  /** A session shows a token to whoever subscribed; `null` if it has none any more. */
  | { readonly type: 'shown'; readonly by: SimulatedSession; readonly token: AccessToken | null }
  | {
      readonly type: 'status'
      readonly by: SimulatedSession
      readonly status: SessionStatus
      readonly before: SessionStatus
    }
  | { readonly type: 'asked'; readonly call: Call }
  | { readonly type: 'told'; readonly call: Call; readonly token: AccessToken | null }
  /** A call should have been answered by now. */
  | { readonly type: 'overdue'; readonly call: Call }
  | { readonly type: 'signed-out'; readonly by: SimulatedSession }
  | { readonly type: 'credentials'; readonly account: string }
  | { readonly type: 'disposed'; readonly by: SimulatedSession; readonly alarms: number }

/** What witnesses may look at. */
export interface Scene {
  readonly world: World
  readonly setting: Setting
  readonly store: SharedStore
  readonly server: RotatingServer
  readonly flights: readonly Flight[]
}

/** The promises that can be watched from outside; `liveness` is theirs together. */
export type WatchedPromise =
  | 'P1'
  | 'P2'
  | 'P3'
  | 'P4'
  | 'P5'
  | 'P6'
  | 'P7'
  | 'P8'
  | 'P9'
  | 'P10'
  | 'P11'
  | 'P12'
  | 'P13'
  | 'P14'
  | 'liveness'

/** Where witnesses speak. */
export interface Court {
  /** A promise was put to the test and held. */
  held(promise: WatchedPromise): void
  /** It could not hold, for a reason that no client can mend. */
  excused(promise: WatchedPromise): void
  /** It was broken. The first word ends the run. */
  broken(promise: WatchedPromise, words: string): void
}

/** Watches over one promise: what it does with each kind of observation that it is told of. */
type Witness = {
  readonly [Type in Observation['type']]?: (seen: Extract<Observation, { readonly type: Type }>) => void
}
export type CreateWitness = (scene: Scene, court: Court) => Witness
