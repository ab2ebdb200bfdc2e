import { figure, type Figure } from '../figure.ts'
import { startHost } from '../keeper/host.ts'
import { load } from '../keeper/load.ts'
import { createPlace, nameOf, placesHere, type PlaceKind } from '../keeper/places.ts'
import type { ScenarioOptions } from './scenario.ts'

/** Token requests at once. */
const CONCURRENCY = 32
/** Ms that the token server takes, in the second part. */
const LATENCY = 100
/** What a short run does with. */
const SHORT: readonly PlaceKind[] = ['sqlite']

/** K3, K4, K5: a keeper over many accounts, most of which sleep. */
export async function keeperScale({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  const plan = quick ? { stored: 60, active: 40, slow: 10 } : { stored: 100_000, active: 10_000, slow: 2_000 }
  const figures: Figure[] = []
  for (const kind of quick ? SHORT : await placesHere()) figures.push(...(await measure(kind, plan, progress)))
  return figures
}

interface Plan {
  /** Accounts. */
  readonly stored: number
  /** Of them so many are woken, */
  readonly active: number
  /** and then so many more, from a server that takes its time. */
  readonly slow: number
}

async function measure(kind: PlaceKind, { stored, active, slow }: Plan, progress: ScenarioOptions['progress']) {
  await using place = await createPlace(kind, stored, progress)
  await using host = await startHost({ what: 'keeper', place: place.address, concurrency: CONCURRENCY })
  const wake = (from: number, requests: number) =>
    load(host, { connections: CONCURRENCY, requests, account: (number) => nameOf(from + number) })
  const asleep = await host.heap()
  const [firstToken = Number.NaN] = (await wake(stored - 1, 1)).latencies
  progress(`waking ${active} of ${stored} accounts (${kind})`)
  // The first hundred compile the code.
  const first = Math.min(100, active / 2)
  await wake(0, first)
  const [heap, cpu] = [await host.heap(), await host.cpu()]
  const { took } = await wake(first, active - first)
  const worked = (await host.cpu()) - cpu
  const awake = await host.heap()
  progress(`waking ${slow} more, ${LATENCY} ms each (${kind})`)
  await host.delay(LATENCY)
  const slowly = await wake(active, slow)
  const perSecond = (count: number, ms: number) => [(count * 1e3) / ms]
  return [
    figure({ id: 'K3', name: `start of a keeper, ${stored} accounts stored (${kind})`, unit: 'ms' }, [host.startUp]),
    figure({ id: 'K3', name: `first token of one that sleeps (${kind})`, unit: 'ms' }, [firstToken]),
    figure({ id: 'K4', name: `heap with ${stored} accounts asleep (${kind})`, unit: 'bytes' }, [asleep]),
    figure({ id: 'K4', name: `heap of one that is awake (${kind})`, unit: 'bytes' }, [
      (awake - heap) / (active - first),
    ]),
    figure(
      { id: 'K5', name: `new tokens, server at once (${kind})`, unit: 'tokens/s' },
      perSecond(active - first, took),
    ),
    figure({ id: 'K5', name: `processor time of a new token (${kind})`, unit: 'us' }, [
      (worked * 1e3) / (active - first),
    ]),
    figure(
      { id: 'K5', name: `new tokens, server in ${LATENCY} ms, ${CONCURRENCY} at once (${kind})`, unit: 'tokens/s' },
      perSecond(slow, slowly.took),
    ),
  ]
}
