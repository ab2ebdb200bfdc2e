import { served, sleep, type Scenario } from './scenario.ts'

const LIFETIME = 2_000
const MARGIN = 500
const EVERY = 50
/** A request that takes longer has waited for the token endpoint, which takes 80 ms. */
const WAITED = 20

export const lifetimes: Scenario = {
  name: 'lifetimes',
  title: 'Twenty lifetimes of a token',
  about:
    'Tokens of two seconds, a request every 50 ms over 20 lifetimes, the token endpoint takes 80 ms; then nobody calls for five seconds. Ideal: nobody waits, nobody sees a 401, and a token is there also after nobody called.',
  columns: [
    { of: 'waited', heading: 'requests that waited', ideal: 0 },
    { of: 'refused', heading: '401s', ideal: 0 },
    { of: 'failed', heading: 'failed', ideal: 0 },
    { of: 'tokenRequests', heading: 'token requests' },
    { of: 'p99', heading: 'p99 ms', digits: 1 },
    { of: 'unasked', heading: 'renewed without callers (5 s)' },
  ],
  rounds: 1,
  atOnce: 2,
  async run({ rig, open, quick }) {
    await rig.behave({ lifetime: LIFETIME, latency: 80 })
    const client = await open({ margin: MARGIN / 1_000 })
    await client.token()
    await served(client).catch(() => undefined)
    await rig.behave({})
    const times: number[] = []
    let failed = 0
    const end = performance.now() + LIFETIME * (quick ? 3 : 20)
    const pending: Promise<void>[] = []
    while (performance.now() < end) {
      const begun = performance.now()
      pending.push(
        served(client).then(
          () => void times.push(performance.now() - begun),
          () => void (failed += 1),
        ),
      )
      await sleep(EVERY)
    }
    await Promise.all(pending)
    const busy = await rig.seen()
    await rig.behave({})
    await sleep(5_000)
    const { tokenRequests: unasked } = await rig.seen()
    const sorted = times.toSorted((a, b) => a - b)
    return {
      waited: times.filter((time) => time > WAITED).length,
      refused: busy.refused,
      failed,
      tokenRequests: busy.tokenRequests,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
      unasked,
    }
  },
}
