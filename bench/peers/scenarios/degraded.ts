import { served, sleep, type Scenario } from './scenario.ts'

export const degraded: Scenario = {
  name: 'degraded',
  title: 'A token endpoint in trouble',
  about:
    'First it answers 429 with Retry-After: 5 for four seconds, a call every 100 ms: one request is ideal. Then it answers 500 for a while in which the present token still lives: nobody needs to fail.',
  columns: [
    { of: 'limited', heading: '429: token requests in 4 s', ideal: 1 },
    { of: 'failed', heading: '500 beside a live token: failed of 40', ideal: 0 },
    { of: 'requests', heading: 'token requests meanwhile' },
  ],
  rounds: 1,
  atOnce: 4,
  async run({ rig, open }) {
    const limitedClient = await open()
    await rig.behave({ always: 'too-many-requests' })
    for (let call = 0; call < 40; call += 1) {
      limitedClient.token().catch(() => undefined)
      await sleep(100)
    }
    const { tokenRequests: limited } = await rig.seen()
    await limitedClient.end?.()
    await rig.behave({ always: null, lifetime: 8_000 })
    const client = await open({ margin: 5 })
    await served(client).catch(() => undefined)
    // Into the margin of all of them, and well before the end of the token.
    await sleep(3_300)
    await rig.behave({ always: 'server-error' })
    let failed = 0
    for (let call = 0; call < 40; call += 1) {
      await served(client).catch(() => (failed += 1))
      await sleep(50)
    }
    const { tokenRequests: requests } = await rig.seen()
    return { limited, failed, requests }
  },
}
