import { createSession, tokenRequestError, type Provider } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { countingStore, type Taken } from './counting-store.ts'
import { atAnEnd, heapInUse } from './heap-in-use.ts'

/** A million calls for a token of one session, over many of its lifetimes; some come when there is no token. */
export interface MillionCalls {
  readonly calls: number
  /** Of 15 minutes each. */
  readonly lifetimes: number
  readonly requests: number
  readonly failedRequests: number
  readonly generation: number
  readonly heap: readonly number[]
  readonly live: Taken & { readonly alarms: number }
  readonly disposed: Taken & { readonly alarms: number }
}

const LIFETIME = 900_000
const ROUNDS = 100
const ROUNDS_TO_WARM_UP = 20
const CALLS_AT_ONCE = 1_000
/** The last one of a round finds the token dead. */
const VISITS = 10
const EVERY_SO_MANY_FAILS = 7

const counted = { calls: 0, requests: 0, failedRequests: 0, generation: 0 }
const provider: Provider = {
  issuer: 'https://issuer.invalid',
  async requestToken() {
    counted.requests += 1
    if (counted.requests % EVERY_SO_MANY_FAILS === 0) {
      counted.failedRequests += 1
      throw tokenRequestError({ kind: 'server', status: 503 })
    }
    return { accessToken: `invented-access-${counted.requests}`, expiresIn: LIFETIME / 1_000 }
  },
}

const clock = new VirtualClock()
const { store, taken } = countingStore()
const credentials = { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' }
const session = createSession({ provider, credentials, clock, store, random: () => 0.5 })
const look = () => ({ ...taken, alarms: clock.pending })

async function callOneByOne(): Promise<void> {
  for (let call = 0; call < CALLS_AT_ONCE; call += 1) note((await session.getToken()).generation)
}

async function callTogether(): Promise<void> {
  let answered = 0
  const call = async () => {
    note((await session.getToken()).generation)
    answered += 1
  }
  const calls = Promise.all(Array.from({ length: CALLS_AT_ONCE }, call))
  await clock.advanceUntil(() => answered === CALLS_AT_ONCE)
  await calls
}

function note(generation: number): void {
  counted.calls += 1
  counted.generation = Math.max(counted.generation, generation)
}

const heap: number[] = []
for (let round = 0; round < ROUNDS; round += 1) {
  for (let visit = 1; visit < VISITS; visit += 1) {
    if (round > 0 || visit > 1) await clock.advance(LIFETIME / 3)
    await (round === 0 && visit === 1 ? callTogether() : callOneByOne())
  }
  clock.sleep(LIFETIME)
  await callTogether()
  const sample = (round - ROUNDS_TO_WARM_UP - 3) / 4
  if (atAnEnd(sample, (ROUNDS - ROUNDS_TO_WARM_UP) / 4)) heap.push(await heapInUse())
}
const live = look()
await session.dispose()
const lifetimes = clock.monotonic() / LIFETIME
const report: MillionCalls = { ...counted, lifetimes, heap, live, disposed: look() }
console.log(JSON.stringify(report))
