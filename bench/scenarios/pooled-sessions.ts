import { createSessionPool, memoryStore, type SessionPool, type TokenSession } from '@evergrant/core'
import { watchTimers } from '../active-timers.ts'
import { figure, type Figure } from '../figure.ts'
import { heapInUse } from '../heap.ts'
import { inventedCredentials, inventedProvider } from './invented-provider.ts'
import type { ScenarioOptions } from './scenario.ts'

/** B6 for a pool: what an account costs of which there are thousands, awake and asleep. What the store keeps is in it. */
export async function pooledSessions({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  const count = quick ? 20 : 10_000
  const timerCount = Math.min(count, 1_000)
  progress('pooled sessions: timers')
  const timers = await countTimers(timerCount)
  const costs: Cost[] = []
  for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
    costs.push(await measureCost(count, (text) => progress(`pooled sessions, round ${round}: ${text}`)))
  }
  const of = (part: keyof Cost) => costs.map((cost) => cost[part])
  return [
    figure({ id: 'B6', name: 'heap of a live session, in a pool', unit: 'bytes', budget: 8_000 }, of('liveBytes')),
    figure({ id: 'B6', name: 'to wake one, in a pool', unit: 'us', budget: 100 }, of('waking')),
    figure({ id: 'B6', name: `timers of ${timerCount} live ones, in a pool`, unit: 'timers', budget: 1 }, [timers]),
    figure({ id: 'B6', name: 'heap of an account never used, in a pool', unit: 'bytes' }, of('namedBytes')),
    figure({ id: 'B6', name: 'heap of one that sleeps, in a pool', unit: 'bytes' }, of('asleepBytes')),
    figure({ id: 'B6', name: 'heap after the pool is disposed and let go', unit: 'bytes' }, of('leftBytes')),
  ]
}

/** Of one session. Times in us. */
interface Cost {
  readonly waking: number
  readonly namedBytes: number
  readonly liveBytes: number
  readonly asleepBytes: number
  readonly leftBytes: number
}

async function measureCost(count: number, progress: (text: string) => void): Promise<Cost> {
  progress(`waking ${count}`)
  const waking = await measureWaking(count)
  const before = heapInUse()
  const costs = await liveAndSleep(count, before, progress)
  return { waking, ...costs, leftBytes: (heapInUse() - before) / count }
}

async function liveAndSleep(count: number, before: number, progress: (text: string) => void) {
  const pool = openPool()
  const sessions = sessionsOf(pool, count)
  const namedBytes = (heapInUse() - before) / count

  for (const [index, session] of sessions.entries()) {
    if (index % 1_000 === 0) progress(`logged in ${index} of ${count}`)
    await session.getToken()
  }
  const liveBytes = (heapInUse() - before) / count

  progress(`putting ${count} to sleep`)
  for (const { account } of sessions) pool.sleep(account)
  // The end of a session takes a moment, though nothing is waited for.
  await new Promise(setImmediate)
  if (pool.size > 0) throw new Error(`${pool.size} of ${count} do not sleep`)
  const asleepBytes = (heapInUse() - before) / count
  await pool.dispose()
  return { namedBytes, liveBytes, asleepBytes }
}

async function measureWaking(count: number): Promise<number> {
  const pool = openPool()
  const sessions = sessionsOf(pool, count)
  const begun = performance.now()
  // Whoever follows a session wakes it, and asks for no token.
  for (const session of sessions) session.subscribe(() => undefined)
  const waking = ((performance.now() - begun) * 1e3) / count
  await pool.dispose()
  return waking
}

async function countTimers(count: number): Promise<number> {
  using timers = watchTimers()
  const pool = openPool()
  for (const session of sessionsOf(pool, count)) await session.getToken()
  // The rest of what a login sets is cleared by the end of its turn.
  await new Promise(setImmediate)
  const { count: active } = timers
  await pool.dispose()
  return active
}

function openPool(): SessionPool {
  return createSessionPool({
    provider: inventedProvider(),
    store: memoryStore(),
    credentials: () => inventedCredentials(),
  })
}

function sessionsOf(pool: SessionPool, count: number): readonly TokenSession[] {
  return Array.from({ length: count }, (_, index) => pool.session(`account-${index}`))
}
