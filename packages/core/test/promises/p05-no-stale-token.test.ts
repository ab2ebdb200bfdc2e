import { memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

describe('P5 no stale token', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P5 a token is not given out at or after its expiry, however late the alarms are', async () => {
    const session = rig.open()
    await rig.ask(session)
    const { expiresAt } = session.getSnapshot()
    rig.server.always(failures.unavailable)
    // Asleep: time passes and no alarm fires.
    rig.clock.sleep((expiresAt ?? 0) - rig.clock.now() - 1)
    expect(session.peekToken()?.value).toBe('access-1')
    rig.clock.sleep(1)
    expect(session.peekToken()).toBeNull()
    expect(await rig.ask(session, { maxWait: 0 })).not.toBe('access-1')
  })

  it('P5 the first getToken() after sleep does not give the dead token either', async () => {
    const session = rig.open()
    await rig.ask(session)
    rig.clock.sleep(3_600_000)
    expect(await rig.ask(session)).toBe('access-2')
  })

  it('P5 a refused token is not given out again, by token$ or getToken()', async () => {
    const session = rig.open()
    await rig.ask(session)
    const seen: (string | null)[] = []
    session.token$.subscribe((token) => seen.push(token?.value ?? null))
    const refused = session.peekToken()
    if (refused === null) throw new Error('no token')
    session.reportRejected(refused)
    expect(session.peekToken()).toBeNull()
    expect(await rig.ask(session)).toBe('pending')
    await rig.clock.advance(5_000)
    expect(seen).toEqual(['access-1', null, 'access-2'])
  })

  it('P5 a refused token is not taken from the store again after a restart', async () => {
    const store = memoryStore()
    const session = rig.open({ store })
    await rig.ask(session)
    await rig.clock.advance(10_000)
    const refused = session.peekToken()
    rig.server.always(failures.unavailable)
    if (refused !== null) session.reportRejected(refused)
    await rig.clock.settle()
    await session.dispose()
    rig.server.always(null)
    await rig.clock.advance(60_000)
    expect(await rig.ask(rig.open({ store }))).toBe('access-2')
  })

  it('P5 nor is it given out when the server hands out the same text again', async () => {
    rig.server.always({ accessToken: 'same' })
    const session = rig.open()
    await rig.ask(session)
    await rig.clock.advance(10_000)
    const refused = session.peekToken()
    if (refused !== null) session.reportRejected(refused)
    await rig.clock.advance(60_000)
    expect(session.peekToken()).toBeNull()
    expect(session.getSnapshot().reason).toBe('no-progress')
  })

  it('P5 nor when the refusal comes while the request for its successor is under way', async () => {
    const store = memoryStore()
    const session = rig.open({ store })
    await rig.ask(session)
    let answer: () => void = () => undefined
    rig.server.next(async () => {
      await new Promise<void>((resolve) => (answer = resolve))
      return { accessToken: 'access-1', expiresIn: 900 }
    })
    await rig.clock.advanceUntil(() => rig.server.requests.length === 2)
    const refused = session.peekToken()
    if (refused !== null) session.reportRejected(refused)
    answer()
    await rig.clock.settle()
    expect(session.peekToken()).toBeNull()
    await session.dispose()
    expect(await rig.ask(rig.open({ store }))).not.toBe('access-1')
  })

  it('P5 a stored token that is past its expiry is not adopted', async () => {
    const store = memoryStore()
    await rig.ask(rig.open({ store }))
    await rig.close()
    rig.clock.sleep(900_000)
    expect(await rig.ask(rig.open({ store }))).not.toBe('access-1')
  })

  it('P5 a token that dies while a slow store saves it is not shown, and the next request waits', async () => {
    const store = memoryStore()
    const slow = {
      ...store,
      async write(...written: Parameters<typeof store.write>) {
        const revision = await store.write(...written)
        if (rig.server.requests.length > 0) await rig.wait(3_000)
        return revision
      },
    }
    const shown: (string | undefined)[] = []
    const session = rig.open({ store: slow })
    session.token$.subscribe((token) => void shown.push(token?.value))
    rig.server.next({ expiresIn: 2 })
    const asked = settled(session.getToken({ maxWait: 120_000 }))
    await rig.clock.advance(120_000)
    expect(asked.result).toBe('access-2')
    expect(shown).not.toContain('access-1')
    expect(rig.server.requests).toHaveLength(2)
  })
})
