import { served, settle, type Scenario } from './scenario.ts'

const REQUESTS = 200

export const storm: Scenario = {
  name: 'storm',
  title: 'A storm of 401s',
  about:
    'The API refuses a token that should live: 200 requests are under way, and their 401s come spread over 300 ms; the token endpoint takes 20 ms. One token request will do, and each request is sent once more.',
  columns: [
    { of: 'tokenRequests', heading: 'token requests', ideal: 1 },
    { of: 'good', heading: 'requests served', ideal: REQUESTS },
    { of: 'refused', heading: '401s sent' },
  ],
  rounds: 3,
  atOnce: 1,
  async run({ rig, open }) {
    const client = await open()
    await served(client)
    await rig.behave({ storm: 300, latency: 20 })
    const { good } = await settle(Array.from({ length: REQUESTS }, () => served(client)))
    const { tokenRequests, refused } = await rig.seen()
    return { tokenRequests, good, refused }
  },
}
