import { createSession, memoryStore, tokenRequestError, type SessionEvent } from '@evergrant/core'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SessionEngine } from '../../src/session/session-engine.ts'
import { checkOptions } from '../../src/session/session-options.ts'
import { createRig, failures, settled } from './rig.ts'

const canaries = plantCanaries()
const CLIENT_SECRET = canaries.plant('client secret')
const REFRESH_TOKEN = canaries.plant('refresh token')
const ACCESS_TOKEN = canaries.plant('access token')
const ROTATED_TOKEN = canaries.plant('rotated refresh token')
const credentials = { clientSecret: CLIENT_SECRET, refreshToken: REFRESH_TOKEN }

// Some hundred snapshots and events are searched in full.
const PATIENCE = { timeout: 60_000 }

describe('P11 no secret leaves', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  it('P11 not by the session, its status, its token, its events or its errors, on any path', async () => {
    const session = rig.open({ credentials })
    const events: SessionEvent[] = []
    session.events$.subscribe((event) => events.push(event))
    const errors: unknown[] = []
    const ask = async () => {
      session.getToken({ maxWait: 0 }).catch((error: unknown) => errors.push(error))
      await rig.clock.settle()
    }
    const grant = { accessToken: ACCESS_TOKEN, refreshToken: ROTATED_TOKEN }
    rig.server.next(grant)
    await ask()
    expect(session.peekToken()?.value).toBe(ACCESS_TOKEN)
    expectNoCanary(session, canaries)
    expectNoCanary(session.peekToken(), canaries)
    for (const failure of [...Object.values(failures), 'silence' as const]) {
      rig.server.next(failure)
      settled(session.refresh({ force: true }))
      await rig.clock.advance(1_000_000)
      await ask()
      expectNoCanary(session.getSnapshot(), canaries)
    }
    rig.server.always(() => {
      throw new Error(`quotes ${REFRESH_TOKEN} and ${CLIENT_SECRET}`)
    })
    await session.setCredentials(credentials)
    await rig.clock.advance(5_000)
    await ask()
    await session.signOut()
    await ask()
    await session.dispose()
    await ask()
    expect(errors.length).toBeGreaterThan(5)
    for (const error of errors) expectNoCanary(error, canaries)
    for (const event of events) expectNoCanary(event, canaries)
    expectNoCanary(session, canaries)
  })

  it(
    'P11 not by the machine of a running session: its snapshots and its inspection events, on any path',
    PATIENCE,
    async () => {
      const engine = new SessionEngine(checkOptions({ provider: rig.server.provider, clock: rig.clock, credentials }))
      const inspected: unknown[] = []
      engine.actor.system.inspect((event) => inspected.push(event))
      const seen = () => {
        const snapshot = engine.actor.getSnapshot()
        return [snapshot, JSON.stringify(snapshot), engine.actor.getPersistedSnapshot()]
      }
      rig.server.next({ accessToken: ACCESS_TOKEN, refreshToken: ROTATED_TOKEN })
      engine.begin({ force: false })
      await rig.clock.settle()
      expect(engine.peekToken()?.value).toBe(ACCESS_TOKEN)
      expectNoCanary(seen(), canaries)
      for (const failure of [...Object.values(failures), 'silence' as const]) {
        rig.server.next(failure)
        engine.actor.send({ type: 'REFRESH', force: true })
        await rig.clock.advance(1_000_000)
        expectNoCanary(seen(), canaries)
      }
      const ended = engine.end(() => tokenRequestError({ kind: 'unknown' }))
      await rig.clock.advance(60_000)
      await ended
      expect(inspected.length).toBeGreaterThan(50)
      expectNoCanary(inspected, canaries)
    },
  )

  it('P11 not by what createSession rejects', () => {
    const attempts = [
      { credentials: { clientSecret: ` ${CLIENT_SECRET}` } },
      { credentials: { refresh_token: REFRESH_TOKEN } as never },
      { account: '', credentials },
      { policy: { floor: -1 }, credentials },
    ]
    for (const attempt of attempts) {
      try {
        createSession({ provider: rig.server.provider, ...attempt })
        expect.unreachable()
      } catch (error) {
        expect((error as { code?: string }).code).toBe('invalid-options')
        expectNoCanary(error, canaries)
      }
    }
  })

  it('P11 a damaged record is named and not quoted', async () => {
    const store = memoryStore()
    await store.write('grant/default', { version: 1, credentials: { refreshToken: REFRESH_TOKEN } })
    const session = rig.open({ store, credentials })
    const error = await session.getToken().catch((fault: unknown) => fault)
    expect((error as { code?: string }).code).toBe('record-corrupt')
    expectNoCanary(error, canaries)
  })
})
