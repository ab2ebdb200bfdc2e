import { served, sleep, type Arena, type Result, type Scenario } from './scenario.ts'

const LIFETIME = 1_000
const EVERY = 100
/** Seconds. */
const MARGIN = 0.25

/** How long a process asks, in ms. */
const ALONE = 5_000
const TOGETHER = 10_000

/** Beyond this a request hangs, in ms. */
const LATE = 3_000

const late = (): Promise<never> =>
  new Promise((_, reject) => void setTimeout(() => reject(new Error('hangs')), LATE).unref())

/** Asks again and again; how many requests were served. */
async function askFor(ms: number, file: string, { open, quick }: Arena): Promise<Result> {
  const client = await open({ margin: MARGIN, file })
  let ok = 0
  let failed = 0
  const end = performance.now() + (quick ? ms / 4 : ms)
  while (performance.now() < end) {
    await Promise.race([served(client), late()]).then(
      () => (ok += 1),
      () => (failed += 1),
    )
    await sleep(EVERY)
  }
  await client.end?.()
  return { ok, failed }
}

/** What processes beside that of the scenario do. */
export const FORKED = {
  'ask-alone': (arena: Arena) => askFor(ALONE, 'alone', arena),
  'ask-together': (arena: Arena) => askFor(TOGETHER, 'together', arena),
}

export const rotation: Scenario = {
  name: 'rotation',
  title: 'Refresh tokens that rotate',
  about:
    'Each refresh token is good for one use, and a second use ends the grant (RFC 9700 section 4.14). Tokens of one second, a request every 100 ms: one process for five seconds, then two with the same grant for ten.',
  columns: [
    { of: 'alone', heading: 'one process: served' },
    { of: 'aloneLives', heading: 'the grant lives' },
    { of: 'together', heading: 'two processes: served' },
    { of: 'lives', heading: 'the grant lives' },
  ],
  rounds: 1,
  atOnce: 3,
  async run(arena) {
    const { rig, peer, fork } = arena
    // The clients are in other processes, which cannot tell the server.
    await rig.overstate(Math.max(0, (peer.fixedMargin ?? 0) - MARGIN))
    await rig.behave({ rotation: 'strict', lifetime: LIFETIME, latency: 30 })
    const alone = await fork('ask-alone')
    const afterOne = await rig.seen()
    const aloneLives = !afterOne.reused
    await rig.newGrant()
    await rig.behave({})
    const results = await Promise.all([fork('ask-together'), fork('ask-together')])
    const { reused } = await rig.seen()
    const sum = (name: string) => results.reduce((total, result) => total + Number(result[name]), 0)
    const share = (ok: number, failed: number) => `${Math.round((100 * ok) / Math.max(1, ok + failed))} %`
    return {
      alone: share(Number(alone['ok']), Number(alone['failed'])),
      aloneLives: aloneLives ? 'yes' : 'no',
      together: share(sum('ok'), sum('failed')),
      lives: reused ? 'no' : 'yes',
    }
  },
}
