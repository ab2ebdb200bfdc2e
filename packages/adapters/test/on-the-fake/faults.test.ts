import { inspect } from 'node:util'
import { memoryStore } from '@evergrant/core'
import type { TastytradeFault } from '@evergrant/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createRig, follow } from './rig.ts'

const MINUTE = 60_000

describe('every fault of the fake', () => {
  let rig: ReturnType<typeof createRig>
  afterEach(() => rig.close())

  const passing: readonly TastytradeFault[] = [
    'too-many-requests',
    'server-error',
    'slow',
    'edge-html',
    'edge-forbidden-html',
    'edge-empty',
    'transient-invalid-request',
    'oversized',
    'truncated',
    'garbage',
    'wrong-shape',
    'redirect',
    'connection-reset',
    'lost-answer',
    'missing-expires-in',
    'zero-expires-in',
    'cached-date',
  ]
  it.each(passing)('P9 %s passes, and the same credentials go on', async (fault) => {
    rig = createRig()
    rig.fake.fail(fault as 'garbage')
    const { session } = rig.open()
    follow(rig.clock, () => session.getToken())
    await rig.clock.advance(5 * MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', usable: true })
    expect(rig.fake.failedLogins).toBe(0)
  })

  it.each([
    ['grant-revoked', 'grant-revoked'],
    ['invalid-jwt', 'grant-revoked'],
    ['client-secret-mismatch', 'client-rejected'],
  ] as const)('P2 %s ends it as %s', async (fault, reason) => {
    rig = createRig()
    rig.fake.fail(fault)
    const { session } = rig.open()
    const asked = follow(rig.clock, () => session.getToken())
    await rig.clock.advance(5 * MINUTE)
    expect(asked.outcome).toBe(reason)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('P11 a server that echoes the secrets in its description does not get them into an error', async () => {
    rig = createRig()
    rig.fake.fail('echo-secrets', { times: Number.POSITIVE_INFINITY })
    const { session, api } = rig.open({ store: memoryStore() })
    const errors: unknown[] = []
    const note = (error: unknown) => errors.push(error)
    session.getToken({ maxWait: 0 }).catch(note)
    api.get('customers/me').json().catch(note)
    await rig.clock.advance(5 * MINUTE)
    session.getToken().catch(note)
    await rig.clock.advance(MINUTE)
    expect(errors.length).toBe(3)
    const { clientSecret, refreshToken } = rig.fake.credentials
    for (const shown of [...errors, session.getSnapshot()]) {
      const text = inspect(shown, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(shown)
      expect(text).not.toContain(clientSecret)
      expect(text).not.toContain(refreshToken)
    }
  })

  it('P7 a lost answer with strict rotation is rotation-lost; with a grace period nothing is lost', async () => {
    rig = createRig({ rotation: 'strict' })
    rig.fake.fail('lost-answer')
    const strict = rig.open()
    const asked = follow(rig.clock, () => strict.session.getToken())
    await rig.clock.advance(MINUTE)
    expect(asked.outcome).toBe('rotation-lost')
    await rig.close()

    rig = createRig({ rotation: 'grace' })
    rig.fake.fail('lost-answer')
    const lenient = rig.open()
    const saved = follow(rig.clock, () => lenient.session.getToken())
    await rig.clock.advance(MINUTE)
    expect(saved.outcome).toBe('ok')
    await rig.clock.advance(60 * MINUTE)
    expect(lenient.session.getSnapshot().state).toBe('valid')
  })
})
