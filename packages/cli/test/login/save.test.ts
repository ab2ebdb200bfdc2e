import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession, EvergrantError, memoryStore, secret, systemClock, type TokenStore } from '@evergrant/core'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { GivenCredentials } from '../../src/login/login-ports.ts'
import { stageLogin, type LoginAccount } from '../../src/login/stage-login.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startWizard, type Wizard, type WizardOptions } from './support/wizard.ts'

/** An account in a file, and new credentials for it. */
function world(options: Parameters<typeof fakeTastytrade>[0] = {}) {
  const fake = fakeTastytrade(options)
  const path = `${temporaryFolder()}/.secrets`
  const store = fileStore(path)
  const provider = tastytrade({ environment: 'sandbox', fetch: fake.fetch })
  const account: LoginAccount = {
    provider,
    store,
    account: 'default',
    clock: systemClock,
    signal: new AbortController().signal,
  }
  const { refreshToken } = fake.createGrant()
  const fresh = { clientSecret: secret(fake.credentials.clientSecret), refreshToken: secret(refreshToken) }
  const open = (on: TokenStore = store) => createSession({ provider, store: on })
  return { fake, path, store, account, fresh, open, text: () => readFileSync(path, 'utf8') }
}

/** A store that has forgotten every lease of a grant by the time somebody writes under it. */
function withLostLease(inner: TokenStore): TokenStore {
  return {
    ...inner,
    write(key, value, { lease, ...options } = {}) {
      if (lease === undefined) return inner.write(key, value, options)
      return Promise.reject(new EvergrantError('lease-lost', { message: 'lost', help: '', details: { key } }))
    },
  }
}

async function tryCredentials(account: LoginAccount, credentials: GivenCredentials) {
  const staged = await stageLogin(account)
  try {
    await staged.setCredentials(credentials)
    return { ...staged, token: await staged.getToken({ signal: account.signal }) }
  } catch (error) {
    await staged[Symbol.asyncDispose]()
    throw error
  }
}

describe('credentials that are tried', () => {
  it('change nothing of the account until they are saved, and then everything in one write', async () => {
    const { fake, store, account, fresh, open, text } = world()
    await using old = open()
    await old.setCredentials(fake.credentials)
    await old.getToken()
    const before = await store.read('grant/default')
    const written: string[] = []
    const watched: TokenStore = {
      ...store,
      write: (key, ...rest) => {
        written.push(key)
        return store.write(key, ...rest)
      },
    }
    await using trial = await tryCredentials({ ...account, store: watched }, fresh)
    expect(await store.read('grant/default')).toEqual(before)
    expect(text()).not.toContain(fresh.refreshToken.reveal())
    await trial.commit()
    expect(written.filter((key) => key.startsWith('grant/'))).toEqual(['grant/default'])
    const after = await store.read('grant/default')
    expect(after?.value).toMatchObject({
      credentials: { refreshToken: fresh.refreshToken.reveal() },
      token: { value: trial.token.value },
      signedOut: false,
    })
    expect(text()).not.toContain(fake.credentials.refreshToken)
  })

  it.for(['refused', 'unanswered'] as const)(
    'and %s leave the old ones, and the bot that lives on them',
    async (how) => {
      const { fake, store, account, fresh, open } = world()
      await using bot = open()
      await bot.setCredentials(fake.credentials)
      const token = await bot.getToken()
      const before = await store.read('grant/default')
      if (how === 'unanswered') fake.fail('connection-reset')
      const wrong = how === 'refused' ? { ...fresh, clientSecret: secret('invented') } : fresh
      await expect(tryCredentials(account, wrong)).rejects.toHaveProperty(
        'code',
        how === 'refused' ? 'client-rejected' : 'token-unavailable',
      )
      expect(await store.read('grant/default')).toEqual(before)
      expect(bot.peekToken()).toBe(token)
      const lease = await store.lease('grant/default', { ttl: 1_000, signal: AbortSignal.timeout(5_000) })
      await lease.release()
    },
  )

  it('leave the old ones if the disk is full', async () => {
    const { fake, store, account, fresh, open } = world()
    await using old = open()
    await old.setCredentials(fake.credentials)
    const before = await store.read('grant/default')
    const full = new EvergrantError('store-unavailable', { message: 'full', help: '', details: { location: 'disk' } })
    const failing: TokenStore = {
      ...store,
      write: (key, ...rest) => (key.startsWith('grant/') ? Promise.reject(full) : store.write(key, ...rest)),
    }
    await using trial = await tryCredentials({ ...account, store: failing }, fresh)
    await expect(trial.commit()).rejects.toBe(full)
    expect(await store.read('grant/default')).toEqual(before)
  })

  it('wake a bot that stands at revoked, without another request', async () => {
    const { fake, account, fresh, open } = world()
    await using bot = open()
    await bot.setCredentials(fake.credentials)
    fake.revokeGrant()
    await expect(bot.getToken()).rejects.toHaveProperty('code', 'grant-revoked')
    expect(bot.getSnapshot().state).toBe('revoked')
    const woken = new Promise<void>((resolve) => {
      bot.subscribe(({ state }) => {
        if (state === 'valid') resolve()
      })
    })
    const trial = await tryCredentials(account, fresh)
    await trial.commit()
    await trial[Symbol.asyncDispose]()
    await woken
    expect(bot.getSnapshot().state).toBe('valid')
    expect(fake.tokenRequests).toBe(2)
    expect((await account.store.read('grant/default'))?.value).toHaveProperty('token.value', bot.peekToken()?.value)
  })

  it('hold the lease meanwhile, so that no bot spends the old ones', async () => {
    const { fake, account, fresh, open } = world()
    await using bot = open()
    await bot.setCredentials(fake.credentials)
    const trial = await tryCredentials(account, fresh)
    const waiting = bot.getToken()
    await trial.commit()
    await trial[Symbol.asyncDispose]()
    expect((await waiting).value).toBe(trial.token.value)
    expect(fake.tokenRequests).toBe(1)
  })

  it('win over a sign-out that came between', async () => {
    const { account, fresh, open } = world()
    const trial = await tryCredentials(account, fresh)
    await using other = open()
    await other.signOut()
    await trial.commit()
    await trial[Symbol.asyncDispose]()
    await using next = open()
    await expect(next.getToken()).resolves.toHaveProperty('value')
  })

  it('win over a sign-out also where the server has rotated them, with what it has made of them', async () => {
    const { fake, account, fresh, open } = world({ rotation: 'strict' })
    const trial = await tryCredentials(account, fresh)
    await using other = open()
    await other.signOut()
    await trial.commit()
    await trial[Symbol.asyncDispose]()
    await using next = open()
    await next.getToken()
    await expect(next.refresh({ force: true })).resolves.toHaveProperty('value')
    expect(fake.failedLogins).toBe(0)
  })

  it('are saved also where the lease was lost meanwhile', async () => {
    const { fake, account, fresh, open } = world()
    const store = memoryStore()
    const trial = await tryCredentials({ ...account, store: withLostLease(store) }, fresh)
    await trial.commit()
    await trial[Symbol.asyncDispose]()
    await using next = open(store)
    expect((await next.getToken()).value).toBe(trial.token.value)
    expect(fake.tokenRequests).toBe(1)
  })

  it('are not mixed with the client of another application', async () => {
    const { fake, account, fresh, store, open } = world()
    await using old = open()
    await old.setCredentials({ ...fake.credentials, clientId: 'another-application' })
    await using trial = await tryCredentials(account, fresh)
    await trial.commit()
    expect(JSON.stringify(await store.read('grant/default'))).not.toContain('another-application')
  })

  it('that are known dead are not sent', async () => {
    const { fake, account, open } = world()
    await using bot = open()
    await bot.setCredentials(fake.credentials)
    fake.revokeGrant()
    await expect(bot.getToken()).rejects.toHaveProperty('code', 'grant-revoked')
    const { clientSecret, refreshToken, clientId } = fake.credentials
    const dead = { clientId, clientSecret: secret(clientSecret), refreshToken: secret(refreshToken) }
    await expect(tryCredentials(account, dead)).rejects.toHaveProperty('code', 'grant-revoked')
    expect(fake.tokenRequests).toBe(1)
  })

  it('wait for a bot that holds the lease, up to half a minute', async () => {
    const { account, fresh, store } = world()
    const clock = new VirtualClock()
    const lease = await store.lease('grant/default', { ttl: 600_000, signal: new AbortController().signal })
    const trying = tryCredentials({ ...account, clock }, fresh)
    let settled = false
    trying.then(
      () => (settled = true),
      () => (settled = true),
    )
    await clock.advance(29_999)
    expect(settled).toBe(false)
    await clock.advance(1)
    await expect(trying).rejects.toHaveProperty('code', 'lease-timeout')
    await lease.release()
  })

  it('wait no longer for a store that does not heed its signal, and give back what it gives too late', async () => {
    const { account, fresh } = world()
    const clock = new VirtualClock()
    const inner = memoryStore()
    const held = await inner.lease('grant/default', { ttl: 600_000, signal: new AbortController().signal })
    const deaf: TokenStore = {
      ...inner,
      lease: (key, { ttl }) => inner.lease(key, { ttl, signal: new AbortController().signal }),
    }
    const trying = tryCredentials({ ...account, store: deaf, clock }, fresh)
    await Promise.all([expect(trying).rejects.toHaveProperty('code', 'lease-timeout'), clock.advance(30_000)])
    await held.release()
    const free = await inner.lease('grant/default', { ttl: 1_000, signal: AbortSignal.timeout(1_000) })
    await free.release()
  })
})

const PASSPHRASE = 'nine invented words of no use'

/** A login by personal grant with the fake's own credentials. */
async function logIn(options: WizardOptions = {}): Promise<Wizard> {
  const fakeOptions = { random: fixedRandom() }
  const { clientSecret, refreshToken } = fakeTastytrade({ random: fixedRandom() }).credentials
  return startWizard({
    way: 'personal-grant',
    fake: fakeOptions,
    ...options,
    replies: [...(options.replies ?? []), ['Client secret', clientSecret], ['Refresh token', refreshToken]],
  })
}

function fixedRandom(): () => number {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

describe('the place of a login', () => {
  it('can be encrypted, and then nothing of it is legible', async () => {
    const wizard = await logIn({
      keeping: 'encrypted',
      kdfCost: 10,
      replies: [
        ['A passphrase', 'short'],
        ['A passphrase', PASSPHRASE],
        ['The same once more', 'another'],
        ['The same once more', PASSPHRASE],
      ],
    })
    await expect(wizard.ended).resolves.toHaveProperty('place', '.secrets (encrypted)')
    expect(wizard.said()).toContain('EVERGRANT_PASSPHRASE')
    expect(wizard.questions.filter((text) => text.startsWith('!'))).toHaveLength(2)
    const { clientSecret, refreshToken } = wizard.fake.credentials
    const text = readFileSync(wizard.store, 'utf8')
    expect(text).not.toContain(clientSecret)
    expect(text).not.toContain(refreshToken)
    const provider = tastytrade({ environment: 'sandbox', fetch: wizard.fake.fetch })
    const store = encryptedStore(fileStore(wizard.store), { passphrase: PASSPHRASE })
    await using session = createSession({ provider, store })
    await session.getToken()
    expect(wizard.fake.tokenRequests).toBe(1)
  })

  it('is asked for where the file is new, and not where it is there', async () => {
    const first = await logIn({ keeping: undefined, replies: [['Where shall the login be kept?', 'file']] })
    await first.ended
    expect(first.questions[0]).toBe('Where shall the login be kept?')
    const second = await logIn({ folder: first.folder, keeping: undefined })
    await second.ended
    expect(second.questions.map((question) => question.slice(0, 13))).toEqual(['Client secret', 'Refresh token'])
    expect(second.said()).toContain('is logged in already')
  })

  it.for([
    ['is damaged', '{', 0o600, 'store-corrupt'],
    ['belongs to another program', '{"a": 1}', 0o600, 'store-corrupt'],
    ['is open to others', '{}', 0o644, 'store-insecure'],
  ] as const)('that %s is told before anybody is asked, and left as it is', async ([, text, mode, code]) => {
    const folder = temporaryFolder()
    writeFileSync(`${folder}/.secrets`, text)
    chmodSync(`${folder}/.secrets`, mode)
    const wizard = await logIn({ folder })
    await expect(wizard.ended).rejects.toHaveProperty('code', code)
    expect(wizard.questions).toEqual([])
    expect(readFileSync(wizard.store, 'utf8')).toBe(text)
  })

  it('is kept out of git, and the person is told', async () => {
    const folder = temporaryFolder()
    execFileSync('git', ['-C', folder, 'init', '--quiet'])
    const wizard = await logIn({ folder })
    await wizard.ended
    expect(execFileSync('git', ['-C', folder, 'status', '--porcelain'], { encoding: 'utf8' })).toBe('?? .gitignore\n')
    expect(wizard.said()).toContain(`Added ${wizard.store} to ${folder}/.gitignore`)
  })

  it('is private to the person', async () => {
    const wizard = await logIn()
    await wizard.ended
    expect(statSync(wizard.store).mode & 0o777).toBe(0o600)
  })
})
