import { served, settle, sleep, type Scenario } from './scenario.ts'

const CALLERS = 1_000
const LIFETIME = 1_000

export const expired: Scenario = {
  name: 'expired',
  title: 'An expired token, a thousand requests',
  about:
    'The process has slept through the expiry of its token; 1,000 requests to the API at once, the token endpoint takes 50 ms.',
  columns: [
    { of: 'tokenRequests', heading: 'token requests', ideal: 1 },
    { of: 'refused', heading: '401s', ideal: 0 },
    { of: 'failed', heading: 'failed requests', ideal: 0 },
    { of: 'ms', heading: 'ms' },
  ],
  rounds: 3,
  atOnce: 1,
  async run({ rig, open }) {
    await rig.behave({ lifetime: LIFETIME })
    const client = await open({ margin: 0.2 })
    await client.token()
    // Nothing of this process runs, so nobody renews ahead of time either.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LIFETIME * 1.5)
    await rig.behave({ latency: 50, lifetime: 900_000 })
    const begun = performance.now()
    const { failed } = await settle(Array.from({ length: CALLERS }, () => served(client)))
    const ms = performance.now() - begun
    const { tokenRequests, refused } = await rig.seen()
    await sleep(0)
    return { tokenRequests, refused, failed, ms }
  },
}
