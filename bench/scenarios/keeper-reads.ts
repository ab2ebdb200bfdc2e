import { figure, type Figure } from '../figure.ts'
import { startHost, type Host } from '../keeper/host.ts'
import { load } from '../keeper/load.ts'
import { createPlace, nameOf } from '../keeper/places.ts'
import { ratios, spread } from '../measure.ts'
import type { ScenarioOptions } from './scenario.ts'

const CONNECTIONS = 32
/** Of those who ask while others wait for new tokens; few, so that nobody waits for his turn alone. */
const CALM_CONNECTIONS = 4
/** Refreshes a second: as many as 10,000 live accounts with tokens of 15 minutes need. */
const REFRESHES = 15
const CONCURRENCY = 8

interface Plan {
  readonly rounds: number
  readonly requests: number
  /** Accounts. */
  readonly stored: number
  /** Of them so many have their tokens read. */
  readonly active: number
}

const reading = ({ requests, active }: Plan, connections = CONNECTIONS) => ({
  connections,
  requests,
  account: (number: number) => nameOf(number % active),
})

/** K1, K2: a live token out of a keeper, beside a bare handler; and while tokens are renewed. */
export async function keeperReads({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  const plan: Plan = quick
    ? { rounds: 1, requests: 100, stored: 50, active: 10 }
    : { rounds: 15, requests: 10_000, stored: 100_000, active: 100 }
  await using place = await createPlace('sqlite', plan.stored, progress)
  const few = Math.max(plan.stored / 100, plan.active)
  await using small = await createPlace('sqlite', few, progress)
  const serving = { what: 'keeper', concurrency: CONCURRENCY } as const
  await using bare = await startHost({ what: 'bare' })
  await using again = await startHost({ what: 'bare' })
  await using keeper = await startHost({ ...serving, place: place.address })
  await using smaller = await startHost({ ...serving, place: small.address })
  const hosts = { bare, again, keeper, smaller }
  for (const host of Object.values(hosts)) await load(host, reading({ ...plan, requests: 2 * plan.active }))

  const times = await interleaved(hosts, plan, (round) => progress(`reads: round ${round} of ${plan.rounds}`))
  const perSecond = (took: readonly number[]) => took.map((ms) => (plan.requests * 1e3) / ms)
  const calm = await load(keeper, reading(plan, CALM_CONNECTIONS))
  progress('reads while tokens are renewed')
  const busy = await whileRenewing(keeper, plan, () => load(keeper, reading(plan, CALM_CONNECTIONS)))
  const k1 = (name: string, values: readonly number[], budget?: number) =>
    figure({ id: 'K1', name, unit: 'x', ...(budget === undefined ? {} : { budget, bound: 'least' as const }) }, values)
  return [
    k1('reads a second: keeper / bare Hono', ratios(times.bare.took, times.keeper.took), 0.8),
    k1('the same by processor time', ratios(times.bare.cpu, times.keeper.cpu)),
    k1('noise: bare Hono / itself', ratios(times.again.took, times.bare.took)),
    k1(`reads a second: ${plan.stored} accounts stored / ${few}`, ratios(times.smaller.took, times.keeper.took), 0.9),
    figure({ id: 'K1', name: 'reads of a live token', unit: 'requests/s' }, perSecond(times.keeper.took)),
    figure({ id: 'K1', name: 'requests to bare Hono', unit: 'requests/s' }, perSecond(times.bare.took)),
    ...latencies('a read', calm.latencies),
    ...latencies(`a read, with ${REFRESHES} renewals a second`, busy.latencies),
  ]
}

interface Times {
  /** Ms of each round. */
  readonly took: number[]
  readonly cpu: number[]
}

/** Each second round in reverse order; the first, which compiles the code, is thrown away. */
async function interleaved<Name extends string>(
  hosts: Readonly<Record<Name, Host>>,
  plan: Plan,
  onRound: (round: number) => void,
): Promise<Readonly<Record<Name, Times>>> {
  const names = Object.keys(hosts) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, { took: [], cpu: [] }])) as unknown as Record<Name, Times>
  for (let round = 0; round <= plan.rounds; round += 1) {
    onRound(round)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = await hosts[name].cpu()
      const { took } = await load(hosts[name], reading(plan))
      const cpu = await hosts[name].cpu()
      if (round === 0) continue
      times[name].took.push(took)
      times[name].cpu.push(cpu - before)
    }
  }
  return times
}

/** Wakes one account after the other, none of which has a token yet. */
async function whileRenewing<T>(host: Host, { active }: Plan, work: () => Promise<T>): Promise<T> {
  let next = active
  const waking: Promise<unknown>[] = []
  const timer = setInterval(() => {
    const account = nameOf((next += 1))
    waking.push(load(host, { connections: 1, requests: 1, account: () => account }))
  }, 1_000 / REFRESHES)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await Promise.all(waking)
  }
}

function latencies(name: string, values: readonly number[]): readonly Figure[] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => [(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN) * 1e3]
  return [
    figure({ id: 'K2', name: `${name}: median`, unit: 'us' }, [spread(values).median * 1e3]),
    figure({ id: 'K2', name: `${name}: 99 of 100 take at most`, unit: 'us' }, at(0.99)),
    figure({ id: 'K2', name: `${name}: 999 of 1,000`, unit: 'us' }, at(0.999)),
  ]
}
