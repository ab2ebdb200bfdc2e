import { inspect } from 'node:util'
import { createSession, lifecycleMachine, memoryStore, type SessionEvent } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { createRig, failures, settled } from './rig.ts'

const CANARIES = ['canary-client-secret', 'canary-refresh-token', 'canary-access-token', 'canary-rotated-token']
const credentials = { clientSecret: 'canary-client-secret', refreshToken: 'canary-refresh-token' }

/** Everything that a log line, a crash report or a debugger could show of a value. */
function shown(value: unknown): string {
  const seen = new Set<unknown>()
  const chain: string[] = []
  for (let error = value; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error)
    chain.push(error.message, error.stack ?? '', String(error))
  }
  const inspected = inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: false })
  return [inspected, safeJson(value), String(value), ...chain].join('\n')
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

function expectClean(value: unknown): void {
  const text = shown(value)
  for (const canary of CANARIES) expect(text).not.toContain(canary)
}

function parts(event: unknown): unknown {
  const { event: sent, snapshot } = event as { event?: unknown; snapshot?: { value?: unknown; context?: unknown } }
  return { sent, value: snapshot?.value, context: snapshot?.context }
}

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
    const grant = { accessToken: 'canary-access-token', refreshToken: 'canary-rotated-token' }
    rig.server.next(grant)
    await ask()
    expect(session.peekToken()?.value).toBe('canary-access-token')
    expectClean(session)
    expectClean(session.peekToken())
    for (const failure of [...Object.values(failures), 'silence' as const]) {
      rig.server.next(failure)
      settled(session.refresh({ force: true }))
      await rig.clock.advance(1_000_000)
      await ask()
      expectClean(session.getSnapshot())
    }
    rig.server.always(() => {
      throw new Error('quotes canary-refresh-token and canary-client-secret')
    })
    await session.setCredentials(credentials)
    await rig.clock.advance(5_000)
    await ask()
    await session.signOut()
    await ask()
    await session.dispose()
    await ask()
    expect(errors.length).toBeGreaterThan(5)
    for (const error of errors) expectClean(error)
    for (const event of events) expectClean(event)
    expectClean(session)
  })

  it('P11 not by the machine: its snapshot, its persisted snapshot and its inspection events', async () => {
    const inspected: unknown[] = []
    const actor = createActor(lifecycleMachine, { inspect: (event) => inspected.push(event) })
    actor.start()
    const session = rig.open({ credentials })
    rig.server.next({ accessToken: 'canary-access-token' })
    await rig.ask(session)
    const token = session.peekToken()
    if (token === null) throw new Error('no token')
    actor.send({ type: 'ADOPTED', token, refreshAt: 1, mandatoryAt: 2 })
    expect(actor.getSnapshot().value).toBe('valid')
    expectClean(actor.getPersistedSnapshot())
    expectClean(actor.getSnapshot().context)
    expectClean(JSON.stringify(actor.getSnapshot()))
    // An inspection event refers to the whole actor system; what it carries itself is what a tool would show.
    for (const event of inspected) expectClean(parts(event))
  })

  it('P11 not by what createSession rejects', () => {
    const attempts = [
      { credentials: { clientSecret: ' canary-client-secret' } },
      { credentials: { refresh_token: 'canary-refresh-token' } as never },
      { account: '', credentials },
      { policy: { floor: -1 }, credentials },
    ]
    for (const attempt of attempts) {
      try {
        createSession({ provider: rig.server.provider, ...attempt })
        expect.unreachable()
      } catch (error) {
        expect((error as { code?: string }).code).toBe('invalid-options')
        expectClean(error)
      }
    }
  })

  it('P11 a damaged record is named and not quoted', async () => {
    const store = memoryStore()
    await store.write('grant/default', { version: 1, credentials: { refreshToken: 'canary-refresh-token' } })
    const session = rig.open({ store, credentials })
    const error = await session.getToken().catch((fault: unknown) => fault)
    expect((error as { code?: string }).code).toBe('record-corrupt')
    expectClean(error)
  })
})
