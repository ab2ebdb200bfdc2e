import { settle, type Scenario } from './scenario.ts'

const CALLERS = 1_000

export const coldStart: Scenario = {
  name: 'cold-start',
  title: 'Cold start, a thousand callers',
  about:
    'A new client without a token, 1,000 calls for one at once; the token endpoint takes 50 ms. One token request will do.',
  columns: [
    { of: 'tokenRequests', heading: 'token requests', ideal: 1 },
    { of: 'mostAtOnce', heading: 'at once', ideal: 1 },
    { of: 'failed', heading: 'failed calls', ideal: 0 },
    { of: 'ms', heading: 'ms' },
  ],
  rounds: 3,
  atOnce: 1,
  async run({ rig, open }) {
    const client = await open()
    await rig.behave({ latency: 50 })
    const begun = performance.now()
    const { failed } = await settle(Array.from({ length: CALLERS }, () => client.token()))
    const ms = performance.now() - begun
    const { tokenRequests, mostAtOnce } = await rig.seen()
    return { tokenRequests, mostAtOnce, failed, ms }
  },
}
