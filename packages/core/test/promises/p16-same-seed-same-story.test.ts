import { memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

/** A day with trouble in it, told by its events. */
async function story(): Promise<string> {
  const rig = createRig()
  const store = memoryStore()
  const session = rig.open({ store })
  const sibling = rig.open({ store })
  const lines: string[] = []
  session.events$.subscribe((event) => lines.push(`one ${JSON.stringify(event)}`))
  sibling.events$.subscribe((event) => lines.push(`two ${JSON.stringify(event)}`))
  sibling.status$.subscribe((status) => lines.push(`two ${JSON.stringify(status)}`))
  rig.server.next(failures.unavailable, failures.reset, {}, failures.suspicious, 'silence', failures.edge)
  settled(session.getToken())
  settled(sibling.getToken())
  await rig.clock.advance(3_600_000)
  const token = session.peekToken()
  if (token !== null) session.reportRejected(token)
  rig.clock.sleep(7_200_000)
  settled(session.getToken())
  await rig.clock.advance(3_600_000)
  rig.server.always(failures.revoked)
  await rig.clock.advance(3_600_000)
  await session.setCredentials({ refreshToken: 'refresh-2' })
  await rig.clock.advance(60_000)
  await rig.close()
  return lines.join('\n')
}

describe('P16 the same seed, the same story', () => {
  it('P16 a run is repeatable to the event', async () => {
    const told = await story()
    expect(told.split('\n').length).toBeGreaterThan(200)
    expect(await story()).toBe(told)
  })
})
