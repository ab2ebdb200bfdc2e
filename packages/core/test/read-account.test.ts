import { memoryStore, readAccount, type AccountReport } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures } from './promises/rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

describe('reading an account', () => {
  let rig: ReturnType<typeof createRig>
  let store: ReturnType<typeof memoryStore>
  const credentials = { clientSecret: 'secret-1', refreshToken: 'refresh-1' }
  beforeEach(() => {
    rig = createRig({ skew: 2 * HOUR })
    store = memoryStore()
  })
  afterEach(() => rig.close())

  const read = (more: { readonly credentials?: typeof credentials | [] } = {}): Promise<AccountReport> =>
    readAccount({ provider: rig.server.provider, store, clock: rig.clock, credentials, ...more })

  it('shows one that nobody has used, and sends and writes nothing', async () => {
    expect(await read()).toEqual({
      account: 'default',
      issuer: 'https://server.test',
      environment: null,
      state: 'unauthenticated',
      credentials: true,
      signedOut: false,
      token: null,
      refreshAt: null,
      retryAt: null,
      revoked: null,
      loginExpiresAt: null,
      block: null,
      budget: { limit: 3, window: 10 * MINUTE, failed: 0, left: 3, freeAt: null },
    })
    expect(rig.server.requests).toEqual([])
    expect(await store.read('grant/default')).toBeNull()
  })

  it('says that there are no credentials', async () => {
    expect(await read({ credentials: [] })).toMatchObject({ state: 'unauthenticated', credentials: false })
  })

  it('shows the token by this machine’s clock, and what becomes of it', async () => {
    const now = rig.clock.now()
    const { expiresAt } = await rig.open({ store }).getToken()
    const fresh = await read()
    expect(fresh).toMatchObject({
      state: 'valid',
      token: { generation: 1, usable: true },
      refreshAt: now + 10 * MINUTE,
    })
    expect(fresh.token?.expiresAt).toBe(expiresAt)
    await rig.close()
    await rig.clock.advance(10 * MINUTE)
    expect(await read()).toMatchObject({ state: 'expiring', token: { usable: true } })
    await rig.clock.advance(5 * MINUTE)
    expect(await read()).toMatchObject({ state: 'unauthenticated', token: { usable: false }, refreshAt: null })
  })

  it('shows a dead grant while its last token still lives', async () => {
    const session = rig.open({ store })
    await session.getToken()
    rig.server.always(failures.revoked)
    await rig.clock.advance(11 * MINUTE)
    expect(await read()).toMatchObject({
      state: 'revoked',
      revoked: 'grant-revoked',
      token: { usable: true },
      budget: { failed: 1, left: 2 },
    })
  })

  it('shows a login that is good for one token as valid until that dies', async () => {
    rig.server.next({ renewable: false })
    const { expiresAt } = await rig.open({ store }).getToken()
    expect(await read()).toMatchObject({ state: 'valid', revoked: null, loginExpiresAt: expiresAt })
    await rig.clock.advance(15 * MINUTE)
    expect(await read()).toMatchObject({ state: 'revoked', revoked: 'login-expired' })
  })

  it('shows a wait and until when it lasts', async () => {
    rig.server.always({ kind: 'rate-limited', status: 429, retryAfter: 40 * SECOND })
    const now = rig.clock.now()
    await rig.ask(rig.open({ store }), { maxWait: 0 })
    expect(await read()).toMatchObject({ state: 'backoff', retryAt: now + 40 * SECOND })
  })

  it('shows a block, and when it is looked at next', async () => {
    rig.server.always(failures.edge)
    const session = rig.open({ store, eager: true })
    rig.server.reach(false)
    await rig.clock.advance(MINUTE)
    const report = await read()
    expect(report).toMatchObject({ state: 'blocked', block: { reason: 'edge-refused' } })
    expect(report.block?.nextProbeAt).toBe(session.getSnapshot().retryAt)
  })

  it('shows a spent login budget, and when it has room again', async () => {
    rig.server.always(failures.revoked)
    const first = rig.clock.now()
    for (const refreshToken of ['refresh-1', 'refresh-2', 'refresh-3']) {
      await rig.ask(rig.open({ store, account: refreshToken, credentials: { refreshToken } }))
    }
    expect(await read({ credentials: { ...credentials, refreshToken: 'refresh-4' } })).toMatchObject({
      state: 'blocked',
      block: { reason: 'login-budget-spent' },
      budget: { failed: 3, left: 0, freeAt: first + 10 * MINUTE },
    })
  })

  it('shows a sign-out', async () => {
    const session = rig.open({ store })
    await session.getToken()
    await session.signOut()
    expect(await read()).toMatchObject({ state: 'unauthenticated', signedOut: true, token: null })
  })

  it('P11 shows no secret', async () => {
    await rig.open({ store }).getToken()
    const shown = JSON.stringify(await read())
    for (const secret of ['secret-1', 'refresh-1', 'access-1']) expect(shown).not.toContain(secret)
  })

  it('refuses what it cannot use', async () => {
    await expect(readAccount({ provider: rig.server.provider, account: '' })).rejects.toMatchObject({
      code: 'invalid-options',
      details: { option: 'account' },
    })
  })
})
