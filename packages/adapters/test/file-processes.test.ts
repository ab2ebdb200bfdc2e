import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isStoreUnavailable, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, vi } from 'vitest'
import { failureOf } from './support/failure-of.ts'
import { runProcess, startProcess } from './support/file-store-process.ts'
import { deadOwner, plantLock, strangeOwner } from './support/planted-owner.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const signal = new AbortController().signal

// For slow machines: nothing here waits for time, but dozens of processes start.
vi.setConfig({ testTimeout: 120_000 })

/** A store whose clock stands still: what it does, it does without waiting. */
function impatientStore(path: string): TokenStore {
  return fileStore(path, { clock: new VirtualClock() })
}

describe('processes that share a file store', () => {
  it('lose no update: 4 processes with 50 increments each make 200', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const command = { do: 'increment', path, key: KEY, times: 50 } as const
    const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(command)))
    for (const one of processes) one.tell()
    expect(await Promise.all(processes.map((one) => one.hear()))).toEqual(processes.map(() => ({ said: 'done' })))
    expect((await fileStore(path).read(KEY))?.value).toBe(200)
  })

  it('P1 hand a lease from one to the next', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const holder = await runProcess({ do: 'lease', path, key: KEY })
    expect(await holder.hear()).toEqual({ said: 'held' })
    let settled = false
    const waiting = fileStore(path).lease(KEY, { ttl: 60_000, signal })
    void waiting.then(() => (settled = true))
    await fileStore(path).write(KEY, 'others may write meanwhile')
    expect(settled).toBe(false)
    holder.tell()
    await (await waiting).release()
    expect(await holder.ended).toBe(0)
  })

  it('take over the lease of a process that was killed, at once', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const holder = await runProcess({ do: 'lease', path, key: KEY })
    await holder.hear()
    await holder.kill()
    const lease = await impatientStore(path).lease(KEY, { ttl: 60_000, signal })
    await lease.release()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('take over the lock of a process that was killed, at once', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const holder = await runProcess({ do: 'lock', path })
    await holder.hear()
    await holder.kill()
    await impatientStore(path).write(KEY, 'survived')
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
  })

  it('P12 wait 5 s for a process that hangs in a write, then say which', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const holder = await runProcess({ do: 'lock', path })
    await holder.hear()
    const clock = new VirtualClock()
    const write = fileStore(path, { clock }).write(KEY, 1)
    const failure = failureOf(write)
    await clock.advance(4_900)
    expect(clock.held).toBe(1)
    await clock.advance(200)
    expect(await failure).toSatisfy(isStoreUnavailable)
    expect(String(await failure)).toContain(`locked by process ${holder.pid} on `)
    holder.tell()
    expect(await holder.hear()).toEqual({ said: 'done' })
    await impatientStore(path).write(KEY, 2)
  })

  it('a process that stood still in a write until others went on does not write over them', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await impatientStore(path).write(KEY, 'old')
    const sleeper = await runProcess({ do: 'write', path, key: KEY, size: 10, stopAt: 'renameSync' })
    expect(await sleeper.hear()).toEqual({ said: 'stopped' })
    const clock = new VirtualClock()
    const store = fileStore(path, { clock })
    const first = failureOf(store.write(KEY, 'too early'))
    await clock.advance(5_100)
    expect(await first).toSatisfy(isStoreUnavailable)
    const second = store.write(KEY, 'others')
    await clock.advance(5_100)
    await second
    sleeper.tell()
    expect(await sleeper.hear()).toMatchObject({ said: 'failed', code: 'store-unavailable' })
    expect((await store.read(KEY))?.value).toBe('others')
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
  })

  it('a process whose lock a person deleted meanwhile does not write over others', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await impatientStore(path).write(KEY, 'old')
    const sleeper = await runProcess({ do: 'write', path, key: KEY, size: 10, stopAt: 'fsyncSync' })
    await sleeper.hear()
    rmSync(`${path}.lock`)
    await impatientStore(path).write(KEY, 'others')
    sleeper.tell()
    expect(await sleeper.hear()).toMatchObject({ said: 'failed', code: 'store-unavailable' })
    expect((await impatientStore(path).read(KEY))?.value).toBe('others')
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
  })

  it('a process that comes late to the lock of a dead one leaves it to whoever has it by now', async () => {
    const path = join(temporaryFolder(), '.secrets')
    plantLock(path, deadOwner('gone'))
    // The 2nd link would be the guard: it has seen that the owner is dead, and has done nothing about it yet.
    const late = await runProcess({ do: 'write', path, key: KEY, size: 1, stopAt: 'symlinkSync', stopFrom: 2 })
    expect(await late.hear()).toEqual({ said: 'stopped' })
    await impatientStore(path).write(KEY, 'others')
    plantLock(path, strangeOwner('next'))
    late.tell()
    expect(await late.hear()).toEqual({ said: 'stopped' })
    expect(readdirSync(join(path, '..')).toSorted()).toEqual(['.secrets', '.secrets.lock'])
    expect(readlinkSync(`${path}.lock`)).toContain('"next"')
    rmSync(`${path}.lock`)
    late.tell()
    expect(await late.hear()).toEqual({ said: 'done' })
    expect((await impatientStore(path).read(KEY))?.value).toBe('n')
  })

  it('P12 are not kept alive by a watch, nor hurt by a listener that throws', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const watcher = await runProcess({ do: 'watch', path, keys: ['a', 'b'] })
    expect(await watcher.hear()).toEqual({ said: 'watching' })
    await fileStore(path).write('a', 1)
    expect(await watcher.hear()).toEqual({ said: 'changed', key: 'a' })
    await fileStore(path).write('b', 1)
    expect(await watcher.hear()).toEqual({ said: 'changed', key: 'b' })
    expect(await watcher.hear()).toEqual({ said: 'done' })
    expect(await watcher.ended).toBe(0)
  })
})

describe('a kill at any change on disk', () => {
  const MORE_THAN_ENOUGH = 40

  /** Runs `attempt` with a kill at the first change, the second, and so on, until it gets through; gives the kills. */
  async function killAtEach(attempt: (dieAt: number) => Promise<'killed' | 'through'>): Promise<number> {
    for (let dieAt = 1; dieAt < MORE_THAN_ENOUGH; dieAt += 1) {
      if ((await attempt(dieAt)) === 'through') return dieAt - 1
    }
    throw new Error('it never got through')
  }

  async function writeAndDie(path: string, dieAt: number): Promise<'killed' | 'through'> {
    const one = await runProcess({ do: 'write', path, key: KEY, size: 5_000, dieAt })
    const ended = await one.ended
    expect([0, 'SIGKILL']).toContain(ended)
    return ended === 0 ? 'through' : 'killed'
  }

  async function survive(path: string, seen: Set<unknown>): Promise<void> {
    const store = impatientStore(path)
    seen.add((await store.read(KEY))?.value)
    expect((await store.read('grant/other'))?.value).toBe('kept')
    await store.write('grant/other', 'kept')
    await (await store.lease(KEY, { ttl: 60_000, signal })).release()
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
  }

  it('P7 leaves the old file or the new one, and nothing that the next write does not clear away', async () => {
    const seen = new Set<unknown>()
    const kills = await killAtEach(async (dieAt) => {
      const path = join(temporaryFolder(), '.secrets')
      await impatientStore(path).write(KEY, 'old')
      await impatientStore(path).write('grant/other', 'kept')
      const outcome = await writeAndDie(path, dieAt)
      await survive(path, seen)
      return outcome
    })
    expect(kills).toBeGreaterThanOrEqual(8)
    expect(seen).toEqual(new Set(['old', 'n'.repeat(5_000)]))
  })

  it('P7 also while the lock of one that died before is taken over', async () => {
    const seen = new Set<unknown>()
    const kills = await killAtEach(async (dieAt) => {
      const path = join(temporaryFolder(), '.secrets')
      await impatientStore(path).write(KEY, 'old')
      await impatientStore(path).write('grant/other', 'kept')
      plantLock(path, deadOwner('first-to-die'))
      writeFileSync(`${path}.first-to-die.tmp`, '{ "format": "everg')
      const outcome = await writeAndDie(path, dieAt)
      await survive(path, seen)
      return outcome
    })
    expect(kills).toBeGreaterThanOrEqual(12)
    expect(seen).toEqual(new Set(['old', 'n'.repeat(5_000)]))
  })

  it('a lease that was just being taken is free at once', async () => {
    const kills = await killAtEach(async (dieAt) => {
      const path = join(temporaryFolder(), '.secrets')
      const one = await runProcess({ do: 'lease', path, key: KEY, dieAt })
      const heard = await one.hear().catch(() => null)
      one.tell()
      const ended = await one.ended
      await (await impatientStore(path).lease(KEY, { ttl: 60_000, signal })).release()
      await impatientStore(path).write(KEY, 1)
      expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
      expect([0, 'SIGKILL']).toContain(ended)
      return heard !== null && ended === 0 ? 'through' : 'killed'
    })
    expect(kills).toBeGreaterThanOrEqual(6)
  })
})

describe('a disk that takes no more', () => {
  it('fails with store-unavailable, says so, and leaves the file as it was', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await impatientStore(path).write(KEY, 'old')
    const before = readFileSync(path)
    const one = await runProcess({ do: 'write', path, key: KEY, size: 100_000 }, { largestFile: 4_096 })
    expect(await one.hear()).toMatchObject({
      said: 'failed',
      code: 'store-unavailable',
      message: `Cannot write ${path} (EFBIG)`,
      help: expect.stringContaining('Nothing was lost') as string,
    })
    expect(readFileSync(path)).toEqual(before)
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
    expect(existsSync(`${path}.lock`)).toBe(false)
  })
})
