import { memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

describe('P1 one spender', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P1 a thousand callers at once cause one request', async () => {
    const session = rig.open()
    const callers = Array.from({ length: 1_000 }, () => settled(session.getToken()))
    await rig.clock.settle()
    expect(new Set(callers.map(({ result }) => result))).toEqual(new Set(['access-1']))
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P1 sessions that share a store spend one at a time, and the second adopts', async () => {
    const store = memoryStore()
    const [one, two, three] = [rig.open({ store }), rig.open({ store }), rig.open({ store })]
    const callers = [one, two, three].map((session) => settled(session.getToken()))
    await rig.clock.settle()
    expect(callers.map(({ result }) => result)).toEqual(['access-1', 'access-1', 'access-1'])
    expect(rig.server.requests).toHaveLength(1)
    await rig.clock.advance(3 * 900_000)
    expect(rig.server.peak).toBe(1)
    expect(rig.server.requests.length).toBeLessThanOrEqual(6)
  })

  it('P1 a session that comes while another one has a request under way sends none, and gets its token', async () => {
    const store = memoryStore()
    const [first, second] = [rig.open({ store }), rig.open({ store })]
    rig.server.next(async () => {
      await rig.wait(1_000)
      return { accessToken: 'slow', expiresIn: 900 }
    })
    const one = settled(first.getToken())
    await rig.clock.advance(500)
    const two = settled(second.getToken())
    await rig.clock.advance(600)
    expect([one.result, two.result]).toEqual(['slow', 'slow'])
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P1 the abort of one caller ends its wait and not the request of the others', async () => {
    rig.server.next(async () => {
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 1_000, resolve))
      return { accessToken: 'slow', expiresIn: 900 }
    })
    const session = rig.open()
    const leaving = new AbortController()
    const left = settled(session.getToken({ signal: leaving.signal }))
    const stays = settled(session.getToken())
    await rig.clock.advance(500)
    leaving.abort(new Error('no longer wanted'))
    await rig.clock.settle()
    expect(left.result).toBe('no longer wanted')
    expect(rig.server.requests[0]?.signal.aborted).toBe(false)
    await rig.clock.advance(600)
    expect(stays.result).toBe('slow')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P1 a token that dies while its successor is under way does not start a second request', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.server.next(async () => {
      await new Promise<void>((resolve) => rig.clock.alarm(rig.clock.monotonic() + 10_000, resolve))
      return { accessToken: 'late', expiresIn: 900 }
    })
    const due = (session.getSnapshot().expiresAt ?? 0) - rig.clock.now() - 5_000
    rig.server.always(null)
    await rig.clock.advance(0)
    // Held back until just before expiry: the request is asked for by hand there.
    const before = rig.server.requests.length
    rig.clock.sleep(due)
    await rig.clock.settle()
    expect(session.getSnapshot().state).toBe('expiring')
    await rig.clock.advance(6_000)
    expect(session.getSnapshot()).toMatchObject({ state: 'refreshing', usable: false })
    await rig.clock.advance(5_000)
    expect(session.peekToken()?.value).toBe('late')
    expect(rig.server.requests.length - before).toBe(1)
  })
})
