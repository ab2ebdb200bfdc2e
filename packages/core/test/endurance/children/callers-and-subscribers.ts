import { getEventListeners } from 'node:events'
import { queryObjects } from 'node:v8'
import { createSession, type Provider } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { Subscriber } from 'rxjs'
import { atAnEnd, heapInUse } from './heap-in-use.ts'

/** Callers and subscribers that come and go in crowds, on one session that stays. */
export interface CallersAndSubscribers {
  /** Callers with a signal of their own that left while they waited. */
  readonly left: number
  /** Callers with the one signal that outlives them all that got a token. */
  readonly answered: number
  /** The same, but it aborted at last. */
  readonly dismissed: number
  readonly longLivedSignal: { readonly mostListeners: number; readonly listenersAtEnd: number }
  readonly ownSignals: { readonly mostListeners: number; readonly listenersAtEnd: number }
  /** How often a subscriber was told something. */
  readonly told: Readonly<Record<'token$' | 'status$' | 'events$' | 'subscribe', number>>
  /** Subscribers of RxJS that are reachable. */
  readonly subscribers: { readonly before: number; readonly withCrowd: number; readonly atEnd: number }
  readonly alarms: { readonly most: number; readonly atEnd: number }
  readonly heap: readonly number[]
}

const LIFETIME = 900_000
const ROUNDS = 100
const ROUNDS_TO_WARM_UP = 20
const CROWD = 1_000
const SUBSCRIBERS = 100

let answer: () => void = () => undefined
const provider: Provider = {
  issuer: 'https://issuer.invalid',
  async requestToken() {
    await new Promise<void>((resolve) => (answer = resolve))
    return { accessToken: `invented-access-${clock.monotonic()}`, expiresIn: LIFETIME / 1_000 }
  },
}
const clock = new VirtualClock()
const credentials = { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' }
const session = createSession({ provider, credentials, clock, random: () => 0.5 })

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length
const longLived = new AbortController()
const departure = new Error('changed my mind')

const counted = { left: 0, answered: 0, dismissed: 0 }
const longLivedSignal = { mostListeners: 0, listenersAtEnd: 0 }
const ownSignals = { mostListeners: 0, listenersAtEnd: 0 }
const told = { token$: 0, status$: 0, events$: 0, subscribe: 0 }
const alarms = { most: 0, atEnd: 0 }
const subscribers = { before: countSubscribers(), withCrowd: 0, atEnd: 0 }
const heap: number[] = []

function countSubscribers(): number {
  return queryObjects(Subscriber, { format: 'count' })
}

function crowd(signalOf: (index: number) => AbortSignal): Promise<readonly string[]> {
  const calls = Array.from({ length: CROWD }, (_, index) => session.getToken({ signal: signalOf(index) }))
  const ends = calls.map((call) =>
    call.then(
      () => 'answered',
      (reason) => (reason === departure ? 'left' : String(reason)),
    ),
  )
  return Promise.all(ends)
}

function subscribe(): () => void {
  const subscriptions = Array.from({ length: SUBSCRIBERS }, () => [
    session.token$.subscribe(() => (told.token$ += 1)),
    session.status$.subscribe(() => (told.status$ += 1)),
    session.events$.subscribe(() => (told.events$ += 1)),
  ]).flat()
  const stops = Array.from({ length: SUBSCRIBERS }, () => session.subscribe(() => (told.subscribe += 1)))
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe()
    for (const stop of stops) stop()
  }
}

async function visit(round: number): Promise<void> {
  const own = Array.from({ length: CROWD }, () => new AbortController())
  const leaving = crowd((index) => own[index]!.signal)
  const staying = crowd(() => longLived.signal)
  await clock.settle()
  ownSignals.mostListeners = Math.max(ownSignals.mostListeners, ...own.map(({ signal }) => listeners(signal)))
  longLivedSignal.mostListeners = Math.max(longLivedSignal.mostListeners, listeners(longLived.signal))
  alarms.most = Math.max(alarms.most, clock.pending)

  const unsubscribe = subscribe()
  if (round === 0) subscribers.withCrowd = countSubscribers()
  for (const controller of own) controller.abort(departure)
  counted.left += (await leaving).filter((end) => end === 'left').length
  answer()
  await clock.settle()
  counted.answered += (await staying).filter((end) => end === 'answered').length
  unsubscribe()
  for (const { signal } of own) ownSignals.listenersAtEnd += listeners(signal)
  longLivedSignal.listenersAtEnd += listeners(longLived.signal)
}

// Listeners that stay make every visit slower than the last, so the first of them ends the visits.
for (let round = 0; round < ROUNDS && longLivedSignal.listenersAtEnd === 0; round += 1) {
  await visit(round)
  const sample = (round - ROUNDS_TO_WARM_UP - 3) / 4
  if (atAnEnd(sample, (ROUNDS - ROUNDS_TO_WARM_UP) / 4)) heap.push(await heapInUse())
  clock.sleep(LIFETIME)
}

const dismissed = crowd(() => longLived.signal)
await clock.settle()
longLived.abort(departure)
counted.dismissed = (await dismissed).filter((end) => end === 'left').length
longLivedSignal.listenersAtEnd += listeners(longLived.signal)
answer()
await clock.settle()
subscribers.atEnd = countSubscribers()
await session.dispose()
alarms.atEnd = clock.pending

const report: CallersAndSubscribers = { ...counted, longLivedSignal, ownSignals, told, subscribers, alarms, heap }
console.log(JSON.stringify(report))
