import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backupSqlite, sqliteStore } from '@evergrant/adapters/sqlite'
import { createTastytrade } from '@evergrant/adapters/tastytrade'
import {
  isInvalidOptions,
  isStoreCorrupt,
  isStoreInsecure,
  isStoreUnavailable,
  type TokenSession,
} from '@evergrant/core'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { inNoTime } from '../support/standing-time.ts'
import { KEY, sqliteRig, type SqliteRig } from './rig.ts'

const { signal } = new AbortController()

/** As an operator restores: nobody uses it, and nothing of what was there stays. */
async function restore({ file }: SqliteRig, from: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  await backupSqlite(from, file)
}

describe('a backup of a sqlite store', () => {
  it('is taken while the store is in use, private, and holds what was there at one moment', async () => {
    const rig = sqliteRig()
    const { folder, file, open } = rig
    const store = open()
    for (let index = 0; index < 200; index += 1) await store.write(`grant/${index}`, 'x'.repeat(1_000))
    const lease = await store.lease(KEY, { ttl: 60_000, signal })
    const to = join(folder, 'backups', 'first.sqlite')
    const copying = backupSqlite(file, to)
    const writes = Array.from({ length: 50 }, (_, index) => store.write('counter', index))
    await Promise.all([copying, ...writes])
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'backups')).mode & 0o777).toBe(0o700)
    expect((await store.read('counter'))?.value).toBe(49)
    await lease.release()
    await using copy = sqliteStore({ file: to, clock: new VirtualClock() })
    expect(await copy.keys('grant/')).toHaveLength(200)
    expect((await copy.read('grant/7'))?.value).toBe('x'.repeat(1_000))
    // Nobody who held one lives in the copy.
    await (await copy.lease(KEY, { ttl: 60_000, signal })).release()
  })

  it('can be taken when nobody uses the store, and put back', async () => {
    const rig = sqliteRig()
    const { folder, file, open, files } = rig
    const store = open()
    const revision = await store.write(KEY, 'kept')
    await store.dispose()
    const to = join(folder, 'backup.sqlite')
    await backupSqlite(file, to)
    expect(files()).toEqual(['accounts.sqlite', 'backup.sqlite'])
    const second = open()
    await second.write(KEY, 'thrown away')
    await second.dispose()
    await restore(rig, to)
    expect(await open().read(KEY)).toEqual({ value: 'kept', revision })
  })

  it('is refused where something is, where nothing is to be copied, and of what cannot be trusted', async () => {
    const { folder, file, open, files } = sqliteRig()
    const to = join(folder, 'backup.sqlite')
    expect(await failureOf(backupSqlite(file, to))).toSatisfy(isStoreUnavailable)
    const store = open()
    await store.write(KEY, 'x'.repeat(50_000))
    await store.dispose()
    writeFileSync(to, 'in the way')
    expect(await failureOf(backupSqlite(file, to))).toSatisfy(isStoreUnavailable)
    expect(readFileSync(to, 'utf8')).toBe('in the way')
    rmSync(to)
    chmodSync(file, 0o644)
    expect(await failureOf(backupSqlite(file, to))).toSatisfy(isStoreInsecure)
    chmodSync(file, 0o600)
    const bytes = readFileSync(file)
    // A page of an overflowing value, which no read of keys meets.
    bytes.fill(0xa5, bytes.length - 9_000, bytes.length - 4_096)
    writeFileSync(file, bytes)
    expect(await failureOf(backupSqlite(file, to))).toSatisfy(isStoreCorrupt)
    expect(existsSync(to)).toBe(false)
    expect(files()).toEqual(['accounts.sqlite'])
    for (const path of ['', 'a\0', undefined]) {
      expect(await failureOf(backupSqlite(path as string, to))).toSatisfy(isInvalidOptions)
      expect(await failureOf(backupSqlite(file, path as string))).toSatisfy(isInvalidOptions)
    }
  })

  it('made with cp beside the log lacks what is in the log only', async () => {
    const { folder, file, open } = sqliteRig()
    await open().write(KEY, 1)
    const to = join(folder, 'copied.sqlite')
    copyFileSync(file, to)
    expect(await open({ file: to }).read(KEY)).toBeNull()
  })
})

const MINUTE = 60_000

/** A program that lives on a strictly rotating grant, and its server. */
function setUp() {
  const rig = sqliteRig()
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ rotation: 'strict', clock: clock.server })
  const { clientSecret, refreshToken } = fake.credentials

  /** Runs one from its start to its end. `before` comes before each of its requests. */
  async function live<T>(
    use: (session: TokenSession) => Promise<T>,
    before = async () => undefined as void,
  ): Promise<T> {
    await using store = sqliteStore({ file: rig.file, clock })
    const { session } = createTastytrade({
      baseUrl: 'https://fake.test',
      async fetch(input, init) {
        await before()
        return fake.fetch(input, init)
      },
      store: inNoTime(store, clock),
      sharing: 'host',
      clock,
      credentials: { clientSecret, refreshToken },
    })
    try {
      return await use(session)
    } finally {
      await session.dispose()
    }
  }

  const getToken = (session: TokenSession) => clock.during(session.getToken())

  /** Token requests of three programs, one after the other, that ask all the time and get no token. */
  async function requestsOfMany(code: string): Promise<number> {
    const before = fake.tokenRequests
    for (let start = 0; start < 3; start += 1) {
      await live(async (session) => {
        for (let call = 0; call < 5; call += 1) {
          expect(await failureOf(getToken(session))).toMatchObject({ code })
          await clock.advance(30 * MINUTE)
        }
      })
    }
    return fake.tokenRequests - before
  }

  return { ...rig, clock, fake, live, getToken, requestsOfMany, backup: join(rig.folder, 'backup.sqlite') }
}

describe('a restored backup that is older than the last rotation', () => {
  it('costs one refused login, stays quiet over restarts, and is mended by new credentials', async () => {
    const scene = setUp()
    const { file, backup, clock, fake, live, getToken, requestsOfMany } = scene
    await live(async (session) => {
      await getToken(session)
      await backupSqlite(file, backup)
      await clock.advance(20 * MINUTE)
      expect((await getToken(session)).generation).toBeGreaterThan(1)
    })
    await clock.advance(20 * MINUTE)
    await restore(scene, backup)
    expect(await requestsOfMany('grant-revoked')).toBe(1)
    expect(fake.failedLogins).toBe(1)
    await live(async (session) => {
      const { clientSecret } = fake.credentials
      await session.setCredentials({ clientSecret, refreshToken: fake.currentRefreshToken(fake.createGrant()) })
      expect((await getToken(session)).tokenType).toBe('Bearer')
    })
  })

  it('and was taken in the middle of a refresh, is known as a lost rotation after one try', async () => {
    const scene = setUp()
    const { file, backup, clock, fake, live, getToken, requestsOfMany } = scene
    await live(getToken)
    await clock.advance(20 * MINUTE)
    await live(getToken, () => backupSqlite(file, backup))
    await clock.advance(20 * MINUTE)
    await restore(scene, backup)
    expect(await requestsOfMany('rotation-lost')).toBe(1)
    expect(fake.failedLogins).toBe(1)
  })
})
