import { createSession, type AccessToken } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries, VirtualClock } from '@evergrant/testing'
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { inspectSession } from '../src/inspector.ts'
import { tastytrade } from '../src/tastytrade.ts'

/** A session, and the real inspector with a wire that ends here. */
function createScene() {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server })
  const sent: StatelyInspectionEvent[] = []
  const inspector = createInspector({ send: (event) => void sent.push(event) })
  const session = createSession({
    provider: tastytrade({ fetch: fake.fetch }),
    credentials: fake.credentials,
    clock,
    random: () => 0.5,
    // Theirs to tell.
    onListenerError: () => undefined,
  })
  return {
    clock,
    fake,
    session,
    sent,
    inspection: inspectSession(session, inspector),
    states: () => sent.flatMap((event) => (event.type === '@xstate.snapshot' ? [valueOf(event.snapshot)] : [])),
    async close() {
      const end = session.dispose()
      await clock.advance(60_000)
      await end
    },
  }
}

const valueOf = (snapshot: unknown): unknown => (snapshot as { value: unknown }).value

describe('inspectSession()', () => {
  let scene: ReturnType<typeof createScene>
  beforeEach(() => (scene = createScene()))
  afterEach(() => scene.close())

  it('shows the machine, which the inspector can draw', () => {
    const [actor] = scene.sent
    expect(actor).toMatchObject({
      type: '@xstate.actor',
      snapshot: { value: 'unauthenticated', context: { account: 'default' } },
    })
    const { definition = '' } = actor as { definition?: string }
    const drawn = createMachine(JSON.parse(definition) as Parameters<typeof createMachine>[0])
    expect(Object.keys(drawn.states).toSorted()).toEqual([
      'backoff',
      'blocked',
      'expiring',
      'refreshing',
      'revoked',
      'unauthenticated',
      'valid',
    ])
  })

  it('shows the states that the session passes through, and what happens', async () => {
    await scene.session.getToken()
    expect(scene.states()).toEqual(['unauthenticated', 'refreshing', 'valid'])
    const events = scene.sent.flatMap((event) => (event.type === '@xstate.event' ? [event.event.type] : []))
    expect(events).toEqual(
      expect.arrayContaining(['refresh-started', 'exchange-step', 'refresh-ended', 'state-changed']),
    )
  })

  it('says when the session has ended, and stops when it is disposed of', async () => {
    await scene.session.getToken()
    scene.inspection[Symbol.dispose]()
    const before = scene.sent.length
    await scene.session.signOut()
    expect(scene.sent).toHaveLength(before)
  })

  it('ends with the session', async () => {
    await scene.session.getToken()
    await scene.close()
    const last = scene.sent.findLast(({ type }) => type === '@xstate.snapshot')
    expect(last).toMatchObject({ snapshot: { status: 'done' } })
  })

  it('P11 shows no secret, not even one that a server or a listener repeats', async () => {
    const { clientSecret, refreshToken } = scene.fake.credentials
    const canaries = plantCanaries()
    canaries.note('client secret', clientSecret)
    canaries.note('refresh token', refreshToken)
    scene.session.subscribe(() => {
      throw new Error(`I had ${refreshToken}`)
    })
    scene.fake.fail('echo-secrets', { times: 2 })
    const asked = scene.session.getToken({ maxWait: 60_000 })
    await scene.clock.advance(60_000)
    const token: AccessToken = await asked
    canaries.note('access token', token.value)
    expect(scene.sent.some((event) => event.type === '@xstate.event' && event.event.type === 'listener-failed')).toBe(
      true,
    )
    expectNoCanary(scene.sent, canaries)
  })
})
