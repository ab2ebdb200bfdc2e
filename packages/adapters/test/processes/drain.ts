import { get } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FakeTastytrade } from '@evergrant/testing'

/** Turns of the event loop in which the server has dealt with a request that has come in. */
const TURNS = 10
/** Far above what it takes, also on a busy machine, in ms. */
const PATIENCE = 60_000

/**
 * Waits until a server in this process has dealt with all that a dead process had sent to it, which may come in after
 * its death: a connection made now comes after its own.
 */
export async function drain(fake: FakeTastytrade, url: string): Promise<void> {
  const deadline = performance.now() + PATIENCE
  await new Promise((resolve, reject) => {
    const late = () => reject(new Error(`the server did not answer within ${PATIENCE} ms`))
    get(url, { agent: false, timeout: PATIENCE }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .once('timeout', late)
  })
  for (let turns = 0; turns < TURNS || fake.openRequests > 0; turns += 1) {
    if (performance.now() > deadline) throw new Error(`the server still has ${fake.openRequests} requests of the dead`)
    await nextTurn()
  }
}
