import {
  createSession,
  EvergrantError,
  memoryStore,
  stageAccount,
  type StageAccountOptions,
  type TokenStore,
} from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures } from './promises/rig.ts'

const KEY = 'grant/main'
const OLD = { clientId: 'old-client', clientSecret: 'old-secret', refreshToken: 'old-refresh' }
const NEW = { clientSecret: 'new-secret', refreshToken: 'new-refresh' }

let rig: ReturnType<typeof createRig>
let store: TokenStore
beforeEach(() => {
  rig = createRig()
  store = memoryStore()
})
afterEach(() => rig.close())

function stage(options: Partial<StageAccountOptions> = {}) {
  return stageAccount({ provider: rig.server.provider, store, account: 'main', clock: rig.clock, ...options })
}

function open(on: TokenStore = store) {
  return createSession({ provider: rig.server.provider, store: on, account: 'main', clock: rig.clock })
}

/** The account has credentials and a token. */
async function logIn(): Promise<void> {
  await using session = open()
  await session.setCredentials(OLD)
  await session.getToken()
}

async function record() {
  return (await store.read(KEY))?.value
}

describe('an account that is staged', () => {
  it('stays as it is until it is committed, and then has the credentials and their token in one write', async () => {
    await logIn()
    const before = await store.read(KEY)
    const written: string[] = []
    const watched: TokenStore = {
      ...store,
      write: (key, ...rest) => {
        written.push(key)
        return store.write(key, ...rest)
      },
    }
    await using staged = await stage({ store: watched })
    await staged.setCredentials(NEW)
    const token = await staged.getToken()
    expect(await store.read(KEY)).toEqual(before)
    await staged.commit()
    expect(written.filter((key) => key === KEY)).toEqual([KEY])
    // Nothing of the old client: its id would go out with the secret of another.
    expect(await record()).toMatchObject({ credentials: NEW, token: { value: token.value }, generation: 2 })
    expect(JSON.stringify(await record())).not.toContain('old-')
  })

  it('may be committed untried', async () => {
    await logIn()
    await using staged = await stage()
    await staged.setCredentials(NEW)
    await staged.commit()
    expect(await record()).toMatchObject({ credentials: NEW, token: null, generation: 1 })
    expect(rig.server.requests).toHaveLength(1)
  })

  it('stays as it is if the server refuses, or if nobody can tell, and that is told at once', async () => {
    await logIn()
    const before = await store.read(KEY)
    const began = rig.clock.monotonic()
    for (const [failure, code] of [
      [failures.unavailable, 'token-unavailable'],
      [failures.suspicious, 'token-unavailable'],
      [failures.revoked, 'grant-revoked'],
    ] as const) {
      await using staged = await stage()
      await staged.setCredentials({ ...NEW, refreshToken: `refresh-${failure.kind}` })
      rig.server.next(failure)
      await expect(staged.getToken()).rejects.toHaveProperty('code', code)
    }
    expect(await store.read(KEY)).toEqual(before)
    expect(rig.server.requests).toHaveLength(4)
    expect(rig.clock.monotonic()).toBe(began)
  })

  it('keeps what the server made of credentials that are set again', async () => {
    for (const [became, sent] of [
      ['rotated-1', 'new-refresh'],
      ['rotated-2', 'rotated-1'],
    ] as const) {
      await using staged = await stage()
      await staged.setCredentials(NEW)
      rig.server.next({ refreshToken: became })
      await staged.getToken()
      await staged.commit()
      expect(rig.server.requests.at(-1)).toHaveProperty('refreshToken', sent)
      expect(await record()).toHaveProperty('credentials.refreshToken', became)
    }
  })

  it('wins over a sign-out and over other credentials that came meanwhile, with what was rotated and the token', async () => {
    await logIn()
    for (const meanwhile of ['signOut', 'setCredentials'] as const) {
      await using staged = await stage()
      await staged.setCredentials({ ...NEW, refreshToken: `refresh-${meanwhile}` })
      rig.server.next({ refreshToken: `rotated-${meanwhile}` })
      const token = await staged.getToken()
      await using other = open()
      await (meanwhile === 'signOut' ? other.signOut() : other.setCredentials(OLD))
      await staged.commit()
      await staged[Symbol.asyncDispose]()
      expect(await record()).toMatchObject({
        credentials: { ...NEW, refreshToken: `rotated-${meanwhile}` },
        signedOut: false,
      })
      await using next = open()
      expect((await next.getToken()).value).toBe(token.value)
    }
  })

  it('is put in place also where the lease was lost, and taken over by whoever was quicker', async () => {
    await logIn()
    const leaky: TokenStore = {
      ...store,
      // Lost as soon as it is held.
      lease: async (key, options) => {
        const lease = await store.lease(key, options)
        if (key === KEY) await lease.release()
        return lease
      },
    }
    await using staged = await stage({ store: leaky })
    await staged.setCredentials(NEW)
    const token = await staged.getToken()
    await using bot = open()
    await bot.getToken()
    await rig.clock.advance(60_000)
    const theirs = await bot.refresh({ force: true })
    expect(theirs.generation).toBe(token.generation)
    await staged.commit()
    await rig.clock.settle()
    expect((await bot.getToken()).value).toBe(token.value)
    expect(await record()).toMatchObject({ generation: theirs.generation + 1, token: { value: token.value } })
  })

  it('P14 is taken over by a session that went on through more sign-outs meanwhile than the staged one knows of', async () => {
    await logIn()
    await using staged = await stage()
    await staged.setCredentials(NEW)
    const token = await staged.getToken()
    await using bot = open()
    await bot.getToken()
    for (let time = 0; time < 3; time += 1) {
      await bot.setCredentials({ ...OLD, refreshToken: `refresh-${time}` })
      await bot.signOut()
    }
    const { epoch } = (await record()) as { readonly epoch: number }
    await staged.commit()
    await rig.clock.settle()
    expect(await record()).toHaveProperty('epoch', epoch + 1)
    expect((await bot.getToken()).value).toBe(token.value)
    expect(rig.server.requests.at(-1)).toHaveProperty('refreshToken', 'new-refresh')
  })

  it('is not put over the record of another server', async () => {
    await using staged = await stage()
    await staged.setCredentials(NEW)
    await using other = createSession({
      provider: { ...rig.server.provider, issuer: 'https://other.test' },
      store,
      account: 'main',
      clock: rig.clock,
    })
    await other.setCredentials(OLD)
    await expect(staged.commit()).rejects.toHaveProperty('code', 'wrong-issuer')
    expect(await record()).toMatchObject({ credentials: OLD })
  })
})

describe('the lease of a staged account', () => {
  it('keeps everybody from spending the old credentials until it is disposed', async () => {
    await using bot = open()
    await bot.setCredentials(OLD)
    const staged = await stage()
    await staged.setCredentials(NEW)
    const waiting = bot.getToken()
    const token = await staged.getToken()
    await staged.commit()
    await staged[Symbol.asyncDispose]()
    expect((await waiting).value).toBe(token.value)
    expect(rig.server.requests).toHaveLength(1)
  })

  it('is waited for as long as the policy says, or until the signal aborts', async () => {
    const held = await store.lease(KEY, { ttl: 600_000, signal: new AbortController().signal })
    const late = { code: 'lease-timeout', help: expect.stringContaining('Nothing was changed') as string }
    const leaving = new AbortController()
    const given = stage({ signal: leaving.signal })
    leaving.abort(new Error('had enough'))
    await expect(given).rejects.toThrow('had enough')
    const waiting = stage({ policy: { leaseWait: 5_000 } })
    await Promise.all([expect(waiting).rejects.toMatchObject(late), rig.clock.advance(5_000)])
    await held.release()
    await (await stage())[Symbol.asyncDispose]()
  })

  it('is given back where the store goes away', async () => {
    let away = true
    const gone = new EvergrantError('store-unavailable', { message: 'away', help: '', details: { location: 'here' } })
    const leaving: TokenStore = {
      ...store,
      read: (key) => (away && key === KEY ? Promise.reject(gone) : store.read(key)),
    }
    const trial = async () => {
      await using staged = await stage({ store: leaving })
      await staged.setCredentials(NEW)
      await staged.commit()
    }
    await expect(trial()).rejects.toBe(gone)
    away = false
    await trial()
    expect(await record()).toMatchObject({ credentials: NEW })
  })

  it('is not asked for with options that cannot work', async () => {
    await expect(stage({ account: '' })).rejects.toHaveProperty('code', 'invalid-options')
    await expect(stage({ policy: { leaseWait: -1 } })).rejects.toHaveProperty('code', 'invalid-options')
  })
})
