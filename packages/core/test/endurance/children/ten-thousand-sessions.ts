import { createHook } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { queryObjects } from 'node:v8'
import { createSession, type SessionOptions, type TokenSession } from '@evergrant/core'
import { Observable, Subscriber } from 'rxjs'
import { countingStore } from './counting-store.ts'
import { atAnEnd, heapInUse } from './heap-in-use.ts'
import { USES, type Place } from './session-uses.ts'

/** Ten thousand sessions that are made, used in one way or another, and disposed, on the clock of the process. */
export interface TenThousandSessions {
  readonly made: number
  /** What became of the sessions of each use, and how often. */
  readonly ends: Readonly<Record<string, number>>
  /** Timers of the platform, also those that let Node exit: with hundreds of sessions that live, and with none. */
  readonly timers: { readonly live: number; readonly disposed: number }
  /** Of each round, with its sessions made and used, and with all of them disposed. */
  readonly live: readonly Held[]
  readonly disposed: readonly Held[]
  /** What is reachable: at the beginning, with the sessions of the first round, and at the end. */
  readonly objects: { readonly before: Objects; readonly live: Objects; readonly disposed: Objects }
  readonly heap: readonly number[]
}

/** What sessions have taken hold of. */
export interface Held {
  /** Of the platform, of those that keep the process alive. */
  readonly timers: number
  readonly watches: number
  readonly leases: number
  /** On a credential source that all sessions share. */
  readonly sourceSubscribers: number
  /** On a signal that outlives all sessions. */
  readonly signalListeners: number
  /** More than at the beginning. */
  readonly processListeners: number
}

export interface Objects {
  readonly sessions: number
  readonly subscribers: number
}

const ROUNDS = 40
const ROUNDS_TO_WARM_UP = 20
const TIMES_EACH_USE = 28

const { store, taken } = countingStore()
const longLived = new AbortController()
let sourceSubscribers = 0
const credentials: SessionOptions['credentials'] = [
  {
    name: 'watched',
    read: async () => null,
    watch: () =>
      new Observable(() => {
        sourceSubscribers += 1
        return () => void (sourceSubscribers -= 1)
      }),
  },
  { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' },
]

let made = 0
const place = (keepAlive: boolean): Place => ({
  open(options) {
    made += 1
    return createSession({ ...options, store, credentials, keepAlive, random: () => 0.5 })
  },
  signal: longLived.signal,
})

const countProcessListeners = () => process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0)
const processListeners = countProcessListeners()

const held = (): Held => ({
  timers: process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length,
  ...taken,
  sourceSubscribers,
  signalListeners: getEventListeners(longLived.signal, 'abort').length,
  processListeners: countProcessListeners() - processListeners,
})

const ends: Record<string, number> = {}

async function makeAndUse(where: Place): Promise<readonly TokenSession[]> {
  const sessions: TokenSession[] = []
  for (let time = 0; time < TIMES_EACH_USE; time += 1) {
    for (const [name, use] of Object.entries(USES)) {
      const { session, end } = await use(where, `${name}-${time}`)
      sessions.push(session)
      ends[`${name}: ${end}`] = (ends[`${name}: ${end}`] ?? 0) + 1
    }
  }
  return sessions
}

async function disposeAll(sessions: readonly TokenSession[]): Promise<void> {
  for (const session of sessions) await session.dispose()
  // The accounts are those of the next round too, and it begins anew.
  for (const { account } of sessions) await store.delete(`grant/${account}`)
}

/** Apart from the rest: while it looks at the timers, every promise is slow. */
async function countTimers(): Promise<TenThousandSessions['timers']> {
  const active = new Set<number>()
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && active.add(id)),
    destroy: (id) => void active.delete(id),
  }).enable()
  const sessions = await makeAndUse(place(false))
  await new Promise(setImmediate)
  const live = active.size
  await disposeAll(sessions)
  await new Promise(setImmediate)
  hook.disable()
  return { live, disposed: active.size }
}

/** Its own prototype, by which sessions are told from all other objects. */
let kind: object | null = null

const countObjects = (): Objects => ({
  sessions: kind === null ? 0 : queryObjects(kind.constructor, { format: 'count' }),
  subscribers: queryObjects(Subscriber, { format: 'count' }),
})

const before = countObjects()
const objects = { before, live: before, disposed: before }
const timers = await countTimers()
const live: Held[] = []
const disposed: Held[] = []
const heap: number[] = []

// A function, so that nothing of a round outlives it.
async function passRound(round: number): Promise<void> {
  const sessions = await makeAndUse(place(true))
  live.push(held())
  if (round === 0) {
    kind = Object.getPrototypeOf(sessions[0]) as object
    objects.live = countObjects()
  }
  await disposeAll(sessions)
  disposed.push(held())
}

for (let round = 0; round < ROUNDS; round += 1) {
  await passRound(round)
  if (atAnEnd(round - ROUNDS_TO_WARM_UP, ROUNDS - ROUNDS_TO_WARM_UP)) heap.push(await heapInUse())
}
objects.disposed = countObjects()
const report: TenThousandSessions = { made, ends, timers, live, disposed, objects, heap }
console.log(JSON.stringify(report))
