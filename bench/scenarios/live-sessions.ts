import { createSession, memoryStore, type TokenSession, type TokenStore } from '@evergrant/core'
import { watchTimers } from '../active-timers.ts'
import { figure, type Figure } from '../figure.ts'
import { heapInUse } from '../heap.ts'
import { inventedCredentials, inventedProvider } from './invented-provider.ts'
import type { ScenarioOptions } from './scenario.ts'

/** Another round begins only before this, in ms. */
const ROUNDS_WITHIN = 90_000
const STORES = ['one store for all', 'a store each'] as const
type Stores = (typeof STORES)[number]

/** B6: what a session costs when there are thousands of them in one process. */
export async function liveSessions({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  const count = quick ? 20 : 10_000
  const timerCount = Math.min(count, 1_000)
  const rounds: Record<Stores, Cost[]> = { 'one store for all': [], 'a store each': [] }
  const timers: Record<Stores, number> = { 'one store for all': Number.NaN, 'a store each': Number.NaN }
  for (const stores of STORES) {
    progress(`live sessions, ${stores}: timers`)
    timers[stores] = await countTimers(timerCount, stores)
  }
  const begun = performance.now()
  for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
    if (round > 1 && performance.now() - begun > ROUNDS_WITHIN) break
    for (const stores of STORES) {
      const told = `live sessions, ${stores}, round ${round}`
      rounds[stores].push(await measureCost(count, stores, (text) => progress(`${told}: ${text}`)))
    }
  }
  return STORES.flatMap((stores) => {
    const of = (part: keyof Cost) => rounds[stores].map((cost) => cost[part])
    return [
      figure({ id: 'B6', name: `heap of a live session, ${stores}`, unit: 'bytes', budget: 8_000 }, of('liveBytes')),
      figure({ id: 'B6', name: `to construct one, ${stores}`, unit: 'us', budget: 100 }, of('constructing')),
      figure({ id: 'B6', name: `timers of ${timerCount} live ones, ${stores}`, unit: 'timers', budget: 1 }, [
        timers[stores],
      ]),
      figure({ id: 'B6', name: `heap before the first token, ${stores}`, unit: 'bytes' }, of('idleBytes')),
      figure({ id: 'B6', name: `heap after it is disposed and let go, ${stores}`, unit: 'bytes' }, of('leftBytes')),
      figure({ id: 'B6', name: `to log one in, ${stores}`, unit: 'us' }, of('loggingIn')),
    ]
  })
}

/** Of one session. Times in us. */
interface Cost {
  readonly constructing: number
  readonly loggingIn: number
  readonly idleBytes: number
  readonly liveBytes: number
  readonly leftBytes: number
}

async function measureCost(count: number, stores: Stores, progress: (text: string) => void): Promise<Cost> {
  const before = heapInUse()
  const costs = await liveAndLetGo(count, stores, before, progress)
  return { ...costs, leftBytes: (heapInUse() - before) / count }
}

async function liveAndLetGo(count: number, stores: Stores, before: number, progress: (text: string) => void) {
  progress(`constructing ${count}`)
  const begun = performance.now()
  const sessions = construct(count, stores)
  const constructing = ((performance.now() - begun) * 1e3) / count
  const idleBytes = (heapInUse() - before) / count

  const loginBegun = performance.now()
  for (const [index, session] of sessions.entries()) {
    if (index % 1_000 === 0) progress(`logged in ${index} of ${count}`)
    await session.getToken()
  }
  const loggingIn = ((performance.now() - loginBegun) * 1e3) / count
  const liveBytes = (heapInUse() - before) / count

  progress(`disposing ${count}`)
  for (const session of sessions) await session.dispose()
  return { constructing, loggingIn, idleBytes, liveBytes }
}

async function countTimers(count: number, stores: Stores): Promise<number> {
  using timers = watchTimers()
  const sessions = construct(count, stores)
  for (const session of sessions) await session.getToken()
  // The rest of what a login sets is cleared by the end of its turn.
  await new Promise(setImmediate)
  const { count: active } = timers
  for (const session of sessions) await session.dispose()
  return active
}

function construct(count: number, stores: Stores): readonly TokenSession[] {
  const provider = inventedProvider()
  const shared = memoryStore()
  const storeOf = (): TokenStore => (stores === 'a store each' ? memoryStore() : shared)
  return Array.from({ length: count }, (_, index) =>
    createSession({ provider, credentials: inventedCredentials(), store: storeOf(), account: `account-${index}` }),
  )
}
