import { sleep, type Scenario } from './scenario.ts'

const CALLERS = 300
const EVERY = 100

export const silence: Scenario = {
  name: 'silence',
  title: 'A token endpoint that never answers',
  about:
    'What a blocked address looks like: connections are accepted and nothing comes. A call every 100 ms for 30 s. Ideal: few requests, and each caller is told within a bound.',
  columns: [
    { of: 'tokenRequests', heading: 'token requests' },
    { of: 'mostAtOnce', heading: 'open at once', ideal: 1 },
    { of: 'settled', heading: 'callers told by 30 s' },
    { of: 'hanging', heading: 'still hanging at 42 s', ideal: 0 },
    { of: 'first', heading: 'the first waited, s', digits: 1 },
  ],
  rounds: 1,
  atOnce: 14,
  async run({ rig, open, quick }) {
    const callers = quick ? 30 : CALLERS
    const client = await open()
    await rig.behave({ always: 'silence' })
    let settled = 0
    let first = Number.NaN
    const begun = performance.now()
    for (let call = 0; call < callers; call += 1) {
      const told = () => {
        settled += 1
        if (call === 0) first = (performance.now() - begun) / 1_000
      }
      client.token().then(told, told)
      await sleep(EVERY)
    }
    const byThen = settled
    const { tokenRequests, mostAtOnce } = await rig.seen()
    await sleep(quick ? 1_000 : 12_000)
    return {
      tokenRequests,
      mostAtOnce,
      settled: byThen,
      hanging: callers - settled,
      first: Number.isNaN(first) ? 'never' : first,
    }
  },
}
