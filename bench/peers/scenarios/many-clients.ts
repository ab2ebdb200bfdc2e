import type { PeerClient } from '../clients/client.ts'
import type { Scenario } from './scenario.ts'

const CLIENTS = 2_000
/** Logins at a time. */
const AT_ONCE = 50

function heap(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

export const manyClients: Scenario = {
  name: 'many-clients',
  title: 'Two thousand clients that are logged in',
  about: 'What each costs in one process: heap after garbage collection, timers, and the time to make one.',
  columns: [
    { of: 'bytes', heading: 'heap bytes each' },
    { of: 'timers', heading: 'timers that keep the process alive', ideal: 0 },
    { of: 'us', heading: 'µs to make one', digits: 1 },
  ],
  rounds: 1,
  atOnce: 1,
  async run({ open, quick }) {
    const count = quick ? 200 : CLIENTS
    // The first compiles, and opens what they share.
    await (await open()).token()
    const before = heap()
    const timersBefore = timers()
    const clients: PeerClient[] = []
    const begun = performance.now()
    for (let made = 0; made < count; made += 1) clients.push(await open())
    const us = ((performance.now() - begun) * 1_000) / count
    for (let from = 0; from < count; from += AT_ONCE) {
      await Promise.all(clients.slice(from, from + AT_ONCE).map((client) => client.token()))
    }
    const bytes = (heap() - before) / count
    const armed = timers() - timersBefore
    return { bytes, timers: armed, us, kept: clients.length }
  },
}
