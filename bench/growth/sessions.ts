// So many live sessions in a process of their own: what each costs. Says one line of JSON.
import { createSession, createSessionPool, memoryStore } from '@evergrant/core'
import { heapInUse } from '../heap.ts'
import { inventedCredentials, inventedProvider } from '../scenarios/invented-provider.ts'

/** What a number of sessions costs; times in µs. */
export interface SessionsCost {
  readonly count: number
  /** Heap of each that is live. */
  readonly live: number
  /** Heap of each that sleeps in a pool. */
  readonly asleep: number
  readonly constructing: number
  readonly loggingIn: number
  /** A call for the token of one, with all the others beside it. */
  readonly calling: number
}

/** So many calls are timed, each of another session if there are enough. */
const CALLS = 100_000

async function measure(count: number): Promise<SessionsCost> {
  const live = await measureLive(count)
  return { count, ...live, asleep: await measureAsleep(count) }
}

async function measureLive(count: number): Promise<Omit<SessionsCost, 'count' | 'asleep'>> {
  const provider = inventedProvider()
  const store = memoryStore()
  await using warm = createSession({ provider, credentials: inventedCredentials(), store: memoryStore() })
  await warm.getToken()
  const before = heapInUse()
  const begun = performance.now()
  const sessions = Array.from({ length: count }, (_, index) =>
    createSession({ provider, credentials: inventedCredentials(), store, account: `account-${index}` }),
  )
  const constructing = ((performance.now() - begun) * 1e3) / count
  const loginBegun = performance.now()
  for (const session of sessions) await session.getToken()
  const loggingIn = ((performance.now() - loginBegun) * 1e3) / count
  const bytes = (heapInUse() - before) / count
  const callsBegun = performance.now()
  for (let call = 0; call < CALLS; call += 1) await sessions[call % count]?.getToken()
  const calling = ((performance.now() - callsBegun) * 1e3) / CALLS
  for (const session of sessions) await session.dispose()
  return { live: bytes, constructing, loggingIn, calling }
}

async function measureAsleep(count: number): Promise<number> {
  // What the store keeps of each is not counted: it would be on a disk.
  const store = memoryStore()
  await using pool = createSessionPool({
    provider: inventedProvider(),
    store,
    credentials: () => inventedCredentials(),
  })
  const names = Array.from({ length: count }, (_, index) => `account-${index}`)
  const login = async (account: string): Promise<void> => {
    await pool.session(account).getToken()
    pool.sleep(account)
  }
  for (const name of names) await login(name)
  const all = heapInUse()
  for (const name of names) await pool.remove(name)
  return Math.max(0, all - heapInUse()) / count
}

console.log(JSON.stringify(await measure(Number(process.argv[2]))))
