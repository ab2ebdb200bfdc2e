import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

describe('P10 late 401s are harmless', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P10 two hundred rejections of one generation cause one refresh, however late they come', async () => {
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(10_000)
    const sent = session.peekToken()
    if (sent === null) throw new Error('no token')
    for (let response = 0; response < 200; response += 1) {
      session.reportRejected(sent)
      await rig.clock.advance(10)
    }
    expect(session.peekToken()?.value).toBe('access-2')
    expect(rig.server.requests).toHaveLength(2)
  })

  it('P10 a server that refuses every token is asked less and less often, and the state says why', async () => {
    const session = rig.open()
    await rig.ask(session)
    for (let second = 0; second < 600; second += 1) {
      const token = session.peekToken()
      if (token !== null) session.reportRejected(token)
      await rig.clock.advance(1_000)
    }
    expect(rig.server.requests.length).toBeLessThan(40)
    const caller = settled(session.getToken({ maxWait: 0 }))
    await rig.clock.settle()
    expect(caller.result).toBe('token-unavailable')
  })
})
