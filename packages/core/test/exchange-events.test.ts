import { memoryStore, type SessionEvent, type TokenSession } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './promises/rig.ts'

type Ended = Extract<SessionEvent, { type: 'refresh-ended' }>

function endsOf(session: TokenSession): Pick<Ended, 'outcome' | 'code'>[] {
  const ends: Pick<Ended, 'outcome' | 'code'>[] = []
  session.events$.subscribe((event) => {
    if (event.type === 'refresh-ended') ends.push({ outcome: event.outcome, code: event.code })
  })
  return ends
}

describe('the end of an exchange, as an event', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('says what came of it, and why it failed', async () => {
    const session = rig.open({})
    const ends = endsOf(session)
    rig.server.next(failures.unavailable)
    rig.server.next(failures.revoked)
    const caller = settled(session.getToken())
    await rig.clock.advance(60_000)
    expect(caller.result).toBe('rotation-lost')
    expect(ends).toEqual([
      { outcome: 'transient', code: 'token-request-failed' },
      { outcome: 'rejected', code: 'rotation-lost' },
    ])
  })

  it('says of a token only that it came', async () => {
    const session = rig.open({})
    const ends = endsOf(session)
    await session.getToken()
    expect(ends).toEqual([{ outcome: 'granted', code: null }])
  })

  it('comes too where a sign-out has cancelled it', async () => {
    const session = rig.open({})
    const ends = endsOf(session)
    rig.server.next('silence')
    const caller = settled(session.getToken())
    await rig.clock.advance(1_000)
    await session.signOut()
    await rig.clock.advance(1_000)
    expect(caller.result).toBe('signed-out')
    expect(ends).toEqual([{ outcome: 'cancelled', code: null }])
  })

  it('comes too after a fault of ours', async () => {
    const memory = memoryStore()
    const store = {
      ...memory,
      lease: () => Promise.reject(new TypeError('of a stranger')),
    }
    const session = rig.open({ store })
    const ends = endsOf(session)
    settled(session.getToken())
    await rig.clock.advance(1_000)
    expect(ends[0]).toEqual({ outcome: 'fault', code: 'internal' })
  })

  it('and new credentials are told of', async () => {
    const session = rig.open({})
    const told: string[] = []
    session.events$.subscribe(({ type }) => told.push(type))
    await session.setCredentials({ refreshToken: 'refresh-2' })
    expect(told).toContain('credentials-changed')
  })
})
