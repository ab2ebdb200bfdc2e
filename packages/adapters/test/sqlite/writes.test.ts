import { readFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { isInvalidOptions, isStoreUnavailable, type Json } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { asFailure } from '../../src/sqlite/failures.ts'
import { failureOf } from '../support/failure-of.ts'
import { KEY, sqliteRig } from './rig.ts'

describe('what a sqlite store writes', () => {
  it('is in the tables that its docstring names', async () => {
    const { open, meddle } = sqliteRig()
    const store = open()
    const revision = await store.write(KEY, { a: 'ß' })
    const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    expect(meddle('SELECT * FROM entries')).toEqual({ key: KEY, revision, value: '{"a":"ß"}' })
    expect(meddle('SELECT * FROM changes')).toEqual({ id: 1, key: KEY })
    expect(meddle('SELECT key, renewals, ttl FROM leases')).toEqual({ key: KEY, renewals: 0, ttl: 60_000 })
    expect(meddle('PRAGMA user_version')).toEqual({ user_version: 1 })
    await lease.release()
    expect(meddle('SELECT * FROM leases')).toBeUndefined()
  })

  it('is on disk, in the log, when it resolves', async () => {
    const { file, open } = sqliteRig()
    await open().write(KEY, 'a text to be found')
    expect(readFileSync(`${file}-wal`).includes('a text to be found')).toBe(true)
  })

  it('is synced before it resolves, unless it is a lease', async () => {
    const { open } = sqliteRig()
    const store = open()
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    onTestFinished(() => exec.mockRestore())
    const synchronous = () => exec.mock.calls.flat().filter((text) => text.startsWith('PRAGMA synchronous'))
    await store.write(KEY, 1)
    expect(synchronous()).toEqual(['PRAGMA synchronous = FULL'])
    const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    expect(synchronous().at(-1)).toBe('PRAGMA synchronous = NORMAL')
    await store.write(KEY, 2, { lease })
    expect(synchronous().at(-1)).toBe('PRAGMA synchronous = FULL')
    await Promise.all([lease.release(), store.delete(KEY)])
    expect(synchronous()).toHaveLength(3)
  })

  it('is gone from the file once it was deleted or written over, and the database closed', async () => {
    const { file, open } = sqliteRig()
    const store = open()
    await store.write(KEY, 'the first secret')
    await store.write('grant/other', 'the second secret')
    await store.write(KEY, 'short')
    await store.delete('grant/other')
    await store.dispose()
    expect(readFileSync(file).includes('short')).toBe(true)
    expect(readFileSync(file, 'latin1')).not.toMatch(/first secret|second secret/)
  })

  it('shares a sync with what is written at the same time, and fails alone', async () => {
    const { open, meddle } = sqliteRig()
    const store = open()
    await store.write(KEY, 0)
    meddle(`CREATE TRIGGER full BEFORE INSERT ON entries WHEN new.key = 'grant/7'
      BEGIN SELECT RAISE(ABORT, 'no'); END`)
    const writes = await Promise.allSettled([
      ...Array.from({ length: 100 }, (_, index) => store.write(`grant/${index}`, index)),
      store.write(KEY, 1, { expect: 'another revision' }),
    ])
    const failed = writes.flatMap((write) => (write.status === 'rejected' ? [write.reason as { code: string }] : []))
    expect(failed.map(({ code }) => code)).toEqual(['store-unavailable', 'store-conflict'])
    expect(await store.keys('grant/')).toHaveLength(100)
    expect((await store.read('grant/99'))?.value).toBe(99)
  })

  it('P12 waits for another program in a write, and says so after maxLockWait', async () => {
    const { file, open } = sqliteRig()
    const clock = new VirtualClock()
    const store = open({ clock })
    await store.write(KEY, 'old')
    using other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const failure = failureOf(store.write(KEY, 'too early'))
    await clock.advance(4_900)
    expect(clock.held).toBe(1)
    expect((await store.read(KEY))?.value).toBe('old')
    await clock.advance(200)
    expect(await failure).toSatisfy(isStoreUnavailable)
    expect(await failure).toMatchObject({ message: expect.stringContaining('for 5000 ms') as string })
    expect(clock.held).toBe(0)
    const second = store.write(KEY, 'in time')
    await clock.advance(1_000)
    other.exec('ROLLBACK')
    await clock.advance(25)
    await second
    expect((await store.read(KEY))?.value).toBe('in time')
  })

  it('a lease that nobody waits for any more is not taken when the other program is done', async () => {
    const { file, open, meddle } = sqliteRig()
    const clock = new VirtualClock()
    const store = open({ clock })
    await store.write(KEY, 1)
    using other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const leaver = new AbortController()
    const reason = new Error('not any more')
    const waiting = failureOf(store.lease(KEY, { ttl: 60_000, signal: leaver.signal }))
    await clock.advance(100)
    leaver.abort(reason)
    expect(await waiting).toBe(reason)
    other.exec('ROLLBACK')
    await clock.advance(25)
    await store.write(KEY, 2)
    expect(meddle('SELECT * FROM leases')).toBeUndefined()
  })

  it('has keys that survive the way into UTF-8, and values that are JSON', async () => {
    const store = sqliteRig().open()
    for (const key of ['a\0b', 'a\uD800']) {
      await expect(store.write(key, 1)).rejects.toSatisfy(isInvalidOptions)
      await expect(store.lease(key, { ttl: 1, signal: new AbortController().signal })).rejects.toSatisfy(
        isInvalidOptions,
      )
      expect(await store.read(key)).toBeNull()
      await store.delete(key)
      expect(await store.keys(key)).toEqual([])
    }
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    await expect(store.write(KEY, circle as Json)).rejects.toSatisfy(isInvalidOptions)
  })

  it('is listed by thousands, in steps that hold up nobody for long', async () => {
    const { open, meddle } = sqliteRig()
    const store = open()
    await store.write(KEY, 1)
    meddle(`WITH RECURSIVE n (n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM n WHERE n < 13000)
      INSERT INTO entries SELECT 'a/' || n, n, '1' FROM n`)
    const steps = vi.spyOn(StatementSync.prototype, 'all')
    onTestFinished(() => steps.mockRestore())
    const keys = await store.keys('a/')
    expect(keys).toEqual(Array.from({ length: 3_001 }, (_, index) => `a/${10_000 + index}`))
    expect(steps).toHaveBeenCalledTimes(4)
    expect(await store.keys('')).toHaveLength(3_002)
  })

  it('is refused after the end, and what was under way is done first', async () => {
    const { open, files } = sqliteRig()
    const store = open()
    const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    const write = store.write(KEY, 'last')
    await Promise.all([store.dispose(), store.dispose()])
    await write
    expect(lease.signal.aborted).toBe(true)
    for (const call of [
      () => store.read(KEY),
      () => store.write(KEY, 1),
      () => store.delete(KEY),
      () => store.keys(''),
    ]) {
      expect(await failureOf(call())).toMatchObject({ code: 'store-unavailable' })
    }
    await lease.release()
    expect(files()).toEqual(['accounts.sqlite'])
    expect((await open().read(KEY))?.value).toBe('last')
  })
})

describe('what SQLite refuses', () => {
  const refusal = (errcode: number) =>
    Object.assign(new Error('near "test-secret": syntax'), { code: 'ERR_SQLITE_ERROR', errcode })

  it.for([
    [8 | (1 << 8), 'store-unavailable', 'may only be read'],
    [10 | (4 << 8), 'store-unavailable', 'disk failed'],
    [11 | (1 << 8), 'store-corrupt', 'restore a backup'],
    [13, 'store-unavailable', 'disk is full'],
    [14, 'store-unavailable', 'readable and writable'],
    [26, 'store-corrupt', 'restore a backup'],
    [1, 'store-corrupt', 'restore a backup'],
    [21, 'store-unavailable', 'rescode'],
  ] as const)('with code %i is %s and says what to do', ([errcode, code, help]) => {
    const failure = asFailure('/a/b', refusal(errcode))
    expect(failure).toMatchObject({ code, help: expect.stringContaining(help) as string })
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('test-secret')
  })
})
