import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envCredentials } from '@evergrant/adapters/env'
import { bearerFetch } from '@evergrant/adapters/fetch'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade, type CreateTastytradeOptions } from '@evergrant/adapters/tastytrade'
import {
  createSession,
  memoryStore,
  sealCredentials,
  type ErrorCode,
  type Json,
  type TokenStore,
} from '@evergrant/core'
import { expectNoCanary, plantCanaries, type FailOptions, type TastytradeFault } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig } from '../on-the-fake/rig.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ALWAYS: FailOptions = { times: Number.POSITIVE_INFINITY }

let rig: ReturnType<typeof createRig>
const canaries = plantCanaries()
const planted = { clientSecret: canaries.plant('client secret'), refreshToken: canaries.plant('refresh token') }

/** What a call is refused with, given as much virtual time as it needs. */
async function refusal(call: () => Promise<unknown>, patience = MINUTE): Promise<unknown> {
  let error: unknown
  const settled = (async () => call())().then(
    () => undefined,
    (thrown: unknown) => void (error = thrown),
  )
  await rig.clock.advance(patience)
  await settled
  return error
}

/** Of a session whose server has this fault. */
async function underFault(fault: TastytradeFault, after = 0, options: CreateTastytradeOptions = {}): Promise<unknown> {
  rig.fake.fail(fault, ALWAYS)
  const { session } = rig.open(options)
  const first = refusal(() => session.getToken({ maxWait: 0 }), 0)
  await rig.clock.advance(after)
  await first
  return refusal(() => session.getToken({ maxWait: MINUTE }), 2 * MINUTE)
}

/** Of a session whose record in the store is not what it should be. */
async function withRecord(value: Json): Promise<unknown> {
  const store = memoryStore()
  await store.write('grant/default', value)
  return refusal(() => rig.open({ store }).session.getToken())
}

async function inFile(text: string, mode = 0o600): Promise<unknown> {
  const path = join(temporaryFolder(), '.secrets')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return refusal(() => fileStore(path).read('grant/default'))
}

function without(step: Partial<TokenStore>): TokenStore {
  return { ...memoryStore(), ...step }
}

const situations: Readonly<Record<ErrorCode, () => Promise<unknown>>> = {
  'invalid-options': () => refusal(async () => rig.open({ credentials: { refreshToken: ` ${planted.refreshToken}` } })),
  'credentials-missing': () => refusal(() => rig.open({ credentials: [] }).session.getToken()),
  async 'signed-out'() {
    const { session } = rig.open()
    await session.signOut()
    return refusal(() => session.getToken())
  },
  'grant-revoked': () => underFault('grant-revoked'),
  'client-rejected': () => underFault('client-secret-mismatch'),
  async 'rotation-lost'() {
    await rig.close()
    rig = createRig({ rotation: 'strict' })
    rig.fake.fail('lost-answer')
    return refusal(() => rig.open().session.getToken())
  },
  async 'login-expired'() {
    const session = createSession({
      provider: {
        issuer: 'https://login.invented.example',
        requestToken: () => Promise.resolve({ accessToken: canaries.plant('code token'), renewable: false }),
      },
      credentials: planted,
    })
    await session.getToken()
    return refusal(() => session.refresh())
  },
  async 'no-progress'() {
    const { session } = rig.open()
    await refusal(() => session.getToken(), 10_000)
    rig.fake.fail('same-token', ALWAYS)
    return refusal(() => session.refresh({ force: true }))
  },
  'ip-block-suspected': () => underFault('never-answers', HOUR),
  'edge-refused': () => underFault('edge-html', HOUR),
  async 'login-budget-spent'() {
    rig.fake.fail('grant-revoked', ALWAYS)
    const store = memoryStore()
    for (const account of ['a', 'b', 'c']) {
      const { refreshToken } = rig.fake.createGrant()
      const { clientSecret } = rig.fake.credentials
      await refusal(() => rig.open({ store, account, credentials: { clientSecret, refreshToken } }).session.getToken())
    }
    return refusal(() => rig.open({ store }).session.getToken())
  },
  'token-unavailable': () => underFault('server-error'),
  'wait-timeout': () =>
    refusal(() => {
      rig.fake.fail('never-answers')
      return rig.open().session.getToken({ maxWait: 10 })
    }),
  'min-ttl-unreachable': () => refusal(() => rig.open().session.getToken({ minTtl: HOUR })),
  async disposed() {
    const { session } = rig.open()
    await session.dispose()
    return refusal(() => session.getToken())
  },
  'token-request-failed': () =>
    refusal(() => {
      rig.fake.fail('echo-secrets', ALWAYS)
      const provider = tastytrade({ baseUrl: 'https://fake.test', fetch: rig.fake.fetch })
      return provider.requestToken(sealCredentials(planted), { signal: new AbortController().signal })
    }),
  'record-corrupt': () => withRecord({ version: 1, credentials: planted }),
  'record-from-future': () => withRecord({ version: 999, ...planted }),
  'store-conflict': () =>
    refusal(() => memoryStore().write('grant/default', planted, { expect: planted.refreshToken })),
  async 'wrong-issuer'() {
    const store = memoryStore()
    await rig.open({ store }).session.setCredentials(planted)
    const baseUrl = 'https://other.fake.test'
    return refusal(() => rig.open({ store, baseUrl, credentials: planted }).session.getToken({ maxWait: 0 }))
  },
  'store-corrupt': () => inFile(`{"entries": ${JSON.stringify(planted)}`),
  'store-insecure': () => inFile(JSON.stringify(planted), 0o644),
  'store-unavailable': () =>
    refusal(() => {
      const path = join(temporaryFolder(), '.secrets')
      mkdirSync(path)
      return fileStore(path).write('grant/default', planted)
    }),
  'store-sharing': () => refusal(async () => rig.open({ store: memoryStore(), sharing: 'host' })),
  async 'lease-lost'() {
    const store = memoryStore()
    const lease = await store.lease('grant/default', { ttl: MINUTE, signal: new AbortController().signal })
    await lease.release()
    return refusal(() => store.write('grant/default', planted, { lease }))
  },
  async 'lease-timeout'() {
    const store = memoryStore()
    const { session } = rig.open({ store, policy: { leaseWait: 1_000 } })
    await store.lease('grant/default', { ttl: HOUR, signal: new AbortController().signal })
    const error = await refusal(() => session.getToken({ maxWait: 5_000 }))
    return (error as Error).cause
  },
  'credentials-unreadable': () =>
    refusal(() => {
      const environment = { TASTY_CLIENT_SECRET: planted.clientSecret }
      return envCredentials({ file: false, environment }).read()
    }),
  'foreign-origin': () =>
    refusal(() => bearerFetch(rig.open().session)(`https://evil.test/?a=${encodeURIComponent('a public text')}`)),
  internal: () =>
    refusal(() => {
      const store = without({ read: (key) => Promise.reject(new Error(`SELECT ${key}: ${JSON.stringify(planted)}`)) })
      return rig.open({ store, credentials: planted }).session.getToken({ maxWait: 0 })
    }),
}

describe('P11 every error, with all that it carries, is free of secrets', () => {
  beforeEach(() => {
    rig = createRig()
    canaries.note('the client secret of the fake', rig.fake.credentials.clientSecret)
    canaries.note('the refresh token of the fake', rig.fake.credentials.refreshToken)
  })
  afterEach(() => rig.close())

  it.for(Object.entries(situations))('P11 %s', async ([code, meet]) => {
    const error = await meet()
    expect(error).toHaveProperty('code', code)
    expectNoCanary(error, canaries)
  })
})
