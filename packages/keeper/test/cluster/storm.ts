import { setTimeout as pause } from 'node:timers/promises'
import type { Policy } from '@evergrant/core'
import { CALL_BOUND, openCluster, type Cluster } from './cluster.ts'
import { createHavoc, type Deed } from './havoc.ts'
import type { Replica } from './replica.ts'
import type { StoreKind } from './store-place.ts'
import { until } from './until.ts'
import { createWitness, type Loss, type Witness } from './witness.ts'
import type { CallerPlan, LoadSaid, LoadTally } from './words.ts'

export interface StormOptions {
  readonly store: StoreKind
  readonly seed: number
  /** True drains and replaces every replica first, of which no caller may notice anything. */
  readonly rolling?: boolean
  /** When to strike no more; asked before each strike. */
  readonly over: (strikes: number) => boolean
  /** Told every now and then. */
  readonly told?: (report: StormProgress) => void
}

export interface StormProgress {
  readonly strikes: Readonly<Record<Deed, number>>
  readonly load: LoadTally
  readonly losses: readonly Loss[]
  readonly tokenRequests: number
  readonly failedLogins: number
}

export interface StormReport extends StormProgress {
  /** Promises that did not hold; empty is good. */
  readonly broken: readonly string[]
  /** The most requests that the server had in hand at once with one refresh token. */
  readonly atOnce: number
}

/** Lives are short, so that what takes a quarter of an hour elsewhere happens all the time. */
const LIFETIME = 5
const LEASE_TTL = 2_500
const BUDGET = 6
const BUDGET_WINDOW = 8_000
const POLICY: Partial<Policy> = {
  leaseTtl: LEASE_TTL,
  // A request that is given up may have been carried out: not to be tried here, on a machine that has much to do.
  requestTimeout: 30_000,
  maxWait: 6_000,
  loginBudget: BUDGET,
  loginBudgetWindow: BUDGET_WINDOW,
  backoffCap: 2_000,
  suspiciousBackoffBase: 500,
}
/** Some are asked for all the time, some sleep between calls and are woken. */
const ACCOUNTS: readonly CallerPlan[] = [
  ...['anna', 'bert', 'cora', 'dirk'].map((account) => ({ account, callers: 3, every: 200 })),
  ...['emma', 'fred'].map((account) => ({ account, callers: 1, every: 6_500 })),
]
/** What a caller sees of a grant that is gone. */
const GONE: ReadonlySet<string> = new Set(['rotation-lost', 'grant-revoked'])
/** At most two replicas are in trouble at once. */
const LANES = 2
const TELL_EVERY = 10_000

/** Three replicas, a load from another process, and havoc. Ends with all at peace, and every account asked once more. */
export async function runStorm({ store, seed, rolling = false, over, told }: StormOptions): Promise<StormReport> {
  const random = createRandom(seed)
  const witness = createWitness()
  const broken: string[] = []
  let onStep: (replica: number, step: Parameters<typeof witness.step>[1]) => void = () => undefined
  await using cluster = await openCluster({
    store,
    lifetime: LIFETIME,
    policy: POLICY,
    heard(replica, step) {
      witness.step(replica, step)
      onStep(replica, step)
    },
  })
  const { fake, replicas } = cluster
  const mending = new Map<string, Promise<void>>()
  const refused = new Set<string>()
  let load: LoadTally = { calls: 0, tokens: 0, problems: {}, tried: 0, refused: 0, moves: 0, longest: 0 }

  function hear(said: LoadSaid): void {
    if (said.said === 'tally') load = said
    else if (said.said === 'broken') broken.push(`${said.account}: ${said.what}`)
    else if (said.said === 'refused') refused.add(said.account)
    else if (GONE.has(said.code)) void mend(said.account, said.code)
  }

  /** What an operator does who hears that a grant is gone. Once for all who say so. */
  function mend(account: string, code: string): Promise<void> {
    const present = mending.get(account)
    if (present !== undefined) return present
    if (witness.lost(account, code) === null) return Promise.resolve()
    const mended = giveNewGrant(cluster, account, witness)
      .catch((error: Error) => void broken.push(error.message))
      .finally(() => mending.delete(account))
    mending.set(account, mended)
    return mended
  }

  for (const { account } of ACCOUNTS) {
    const grant = fake.createGrant()
    witness.grantOf(account, grant.grantId)
    const replica = pickOf(replicas, random)
    await until(`${account} is there`, async () => (await cluster.post(replica, account, grant, true)).status === 202)
  }
  const callers = await cluster.load(ACCOUNTS, hear)
  await callers.first('tally')
  if (rolling) broken.push(...(await replaceAll(replicas, () => load)))
  const havoc = createHavoc({ replicas, witness, random, lasting: [200, LEASE_TTL * 2], patience: 3_000 })
  onStep = (replica, step) => havoc.step(replica, step)

  const progress = (): StormProgress => {
    const { tokenRequests, failedLogins } = fake
    return { strikes: havoc.done, load, losses: witness.losses, tokenRequests, failedLogins }
  }
  const telling = setInterval(() => told?.(progress()), TELL_EVERY)
  const count = (): number => Object.values(havoc.done).reduce((sum, n) => sum + n, 0)
  const lane = async (): Promise<void> => {
    while (!over(count())) await havoc.strike()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await Promise.all(mending.values())
  callers.dismiss()
  if ((await callers.ended) !== 0) broken.push('the load did not end well')
  clearInterval(telling)
  await Promise.all(mending.values())
  broken.push(...(await expectPeace(cluster, mend)))
  for (const account of refused) {
    if (witness.losses.some((loss) => loss.account === account)) continue
    broken.push(`P5: the API refused a token of ${account}, whose grant was never lost`)
  }
  broken.push(...witness.broken(fake, { most: BUDGET, within: BUDGET_WINDOW }))
  const atOnce = Math.max(0, ...[...fake.spent.values()].map(({ peakOpen }) => peakOpen))
  return { ...progress(), load, broken, atOnce }
}

/** A rolling restart under load. What of it was seen. */
async function replaceAll(replicas: readonly Replica[], load: () => LoadTally): Promise<readonly string[]> {
  const seen: string[] = []
  for (const replica of replicas) {
    const { tokens } = load()
    const ended = await replica.drain()
    if (ended !== 0) seen.push(`replica ${replica.number} was drained and ended with ${ended}`)
    await replica.start()
    await until('tokens go out', () => load().tokens > tokens)
  }
  const { problems, refused } = load()
  const failures = Object.keys(problems)
  if (failures.length > 0) seen.push(`callers saw ${failures.join(', ')} in a rolling restart`)
  if (refused > 0) seen.push(`the API refused ${refused} tokens in a rolling restart`)
  return seen
}

/** New credentials, at whichever replica takes them. */
async function giveNewGrant(cluster: Cluster, account: string, witness: Witness): Promise<void> {
  const until = performance.now() + 3 * CALL_BOUND
  const grant = cluster.fake.createGrant()
  let told = 'nothing'
  witness.grantOf(account, grant.grantId)
  for (let turn = 0; performance.now() < until; turn += 1) {
    const replica = cluster.replicas[turn % cluster.replicas.length]
    if (replica === undefined) return
    witness.posted(grant.grantId)
    const answer = await cluster.post(replica, account, grant, true).catch(() => null)
    if (answer?.status === 202) return
    told = answer === null ? 'nothing' : JSON.stringify(answer.body)
    await pause(200)
  }
  throw new Error(`no replica takes credentials of ${account}; the last said ${told}`)
}

/** Every account gets a token at every replica, once all is over. */
async function expectPeace(
  { replicas, key, ask }: Cluster,
  mend: (account: string, code: string) => Promise<void>,
): Promise<readonly string[]> {
  const asker = await key('token')
  const asked = replicas.flatMap((replica) =>
    ACCOUNTS.map(async ({ account }) => {
      const until = performance.now() + 2 * CALL_BOUND
      for (;;) {
        const answer = await ask(replica, asker, `/api/v1/token?account=${account}`).catch(() => null)
        if (answer?.status === 200) return []
        const code = String(answer?.body['code'])
        const what = answer === null ? 'nothing' : `${answer.status} ${code}`
        if (GONE.has(code)) await mend(account, code)
        if (performance.now() > until) return [`after the storm ${account} got ${what} at replica ${replica.number}`]
        await pause(250)
      }
    }),
  )
  return (await Promise.all(asked)).flat()
}

function pickOf<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
