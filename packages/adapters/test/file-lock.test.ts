import { readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isStoreUnavailable } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { fileStore } from '@evergrant/adapters/file'
import { createMutex } from '../src/file/mutex.ts'
import { fateOf, thisProcess } from '../src/file/owner.ts'
import { locate } from '../src/file/place.ts'
import { deadOwner, plantLock, strangeOwner } from './support/planted-owner.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'

function setUp() {
  const path = join(temporaryFolder(), '.secrets')
  const clock = new VirtualClock()
  return { path, clock, store: fileStore(path, { clock }), files: () => readdirSync(join(path, '..')) }
}

/** Moves time in steps until the promise settles; gives the ms that it took. */
async function timeTaken(clock: VirtualClock, promise: Promise<unknown>): Promise<number> {
  const start = clock.monotonic()
  let settled = false
  const settle = (): void => {
    settled = true
  }
  promise.then(settle, settle)
  await clock.advanceUntil(() => settled, { limit: 60_000 })
  return clock.monotonic() - start
}

describe('the lock of a file store', () => {
  it('names its owner, and no secret', async () => {
    const { path } = setUp()
    let seen: unknown
    await createMutex({ clock: new VirtualClock(), maxWait: 0 }).run(locate(path), ({ nonce }) => {
      seen = JSON.parse(readlinkSync(`${path}.lock`))
      expect(seen).toEqual({ ...thisProcess(), nonce })
    })
    expect(seen).toMatchObject({ pid: process.pid })
  })

  it('of a process that is gone is taken over at once, whoever has its pid now', async () => {
    const { path, store, files, clock } = setUp()
    plantLock(path, deadOwner('gone'))
    await store.write(KEY, 1)
    expect(clock.monotonic()).toBe(0)
    expect(files()).toEqual(['.secrets'])
  })

  it('is given up after 15 s if its owners cannot be asked and take turns', async () => {
    const { path, store, clock, files } = setUp()
    plantLock(path, strangeOwner('turn-0'))
    const write = store.write(KEY, 1)
    const refused = expect(write).rejects.toSatisfy(isStoreUnavailable)
    const named = expect(write).rejects.toThrow('process 4711 on elsewhere.example.test')
    for (let turn = 1; turn < 5; turn += 1) {
      await clock.advance(4_000)
      rmSync(`${path}.lock`)
      plantLock(path, strangeOwner(`turn-${turn}`))
    }
    await refused
    await named
    expect(files()).toEqual(['.secrets.lock'])
  })

  it('of another host is taken over after it has stood still for 10 s', async () => {
    const { path, store, clock, files } = setUp()
    plantLock(path, strangeOwner('strange'))
    const took = await timeTaken(clock, store.write(KEY, 1))
    expect(took).toBeGreaterThanOrEqual(10_000)
    expect(took).toBeLessThan(10_100)
    expect(files()).toEqual(['.secrets'])
  })

  it('of another thread of this process is treated likewise', async () => {
    const { path, store, clock } = setUp()
    plantLock(path, { ...thisProcess(), nonce: 'thread' })
    expect(await timeTaken(clock, store.write(KEY, 1))).toBeGreaterThanOrEqual(10_000)
  })

  for (const [title, plant] of [
    ['that is empty', (lock: string) => writeFileSync(lock, '')],
    ['of foreign make', (lock: string) => symlinkSync('somebody@host:1', lock)],
    ['whose nonce is no file name', (lock: string) => symlinkSync(JSON.stringify(deadOwner('../../x')), lock)],
  ] as const) {
    it(`${title} is treated likewise`, async () => {
      const { path, store, clock, files } = setUp()
      plant(`${path}.lock`)
      expect(await timeTaken(clock, store.write(KEY, 1))).toBeGreaterThanOrEqual(10_000)
      expect(files()).toEqual(['.secrets'])
    })
  }

  it('may be a plain file, where there are no links', async () => {
    const { path, store, files } = setUp()
    writeFileSync(`${path}.lock`, JSON.stringify(deadOwner('plain')))
    await store.write(KEY, 1)
    expect(files()).toEqual(['.secrets'])
  })

  it('P15 is not taken over for time that this process slept through', async () => {
    const { path, store, clock } = setUp()
    plantLock(path, strangeOwner('strange'))
    const write = store.write(KEY, 1)
    await clock.advance(1_000)
    clock.sleep(3_600_000)
    // The owner may have slept as well: it gets the rest of its 10 s, and the wait is not over either.
    expect(await timeTaken(clock, write)).toBeGreaterThanOrEqual(8_700)
    await write
  })

  it('goes to one of two takers: who comes late finds somebody else in place of the dead', async () => {
    const { path, store, files } = setUp()
    plantLock(path, deadOwner('gone'))
    // Another taker is at it, and alive as far as anybody can tell.
    symlinkSync(JSON.stringify(strangeOwner('taker')), `${path}.lock.gone`)
    const clock = new VirtualClock()
    const blocked = fileStore(path, { clock }).write(KEY, 'never')
    const refused = expect(blocked).rejects.toSatisfy(isStoreUnavailable)
    await clock.advance(9_000)
    expect(JSON.parse(readlinkSync(`${path}.lock`))).toMatchObject({ nonce: 'gone' })
    // It gets through, is quick, and another one has the lock by now.
    rmSync(`${path}.lock.gone`)
    rmSync(`${path}.lock`)
    plantLock(path, strangeOwner('next'))
    await clock.advance(6_100)
    await refused
    expect(files()).toEqual(['.secrets.lock'])
    expect(await store.read(KEY)).toBeNull()
  })

  it('of a taker that died is taken over with what it was taking', async () => {
    const { path, store, files } = setUp()
    plantLock(path, deadOwner('first'))
    symlinkSync(JSON.stringify(deadOwner('second')), `${path}.lock.first`)
    symlinkSync(JSON.stringify(deadOwner('third')), `${path}.lock.first.second`)
    await store.write(KEY, 1)
    expect(files()).toEqual(['.secrets'])
  })

  it('that was lost is neither confirmed nor released', async () => {
    const { path, clock } = setUp()
    const running = createMutex({ clock, maxWait: 0 }).run(locate(path), ({ confirm }) => {
      confirm()
      rmSync(`${path}.lock`)
      plantLock(path, strangeOwner('next'))
      confirm()
    })
    await expect(running).rejects.toSatisfy(isStoreUnavailable)
    expect(JSON.parse(readlinkSync(`${path}.lock`))).toMatchObject({ nonce: 'next' })
  })

  it('waits no longer than it is told, nor than the caller wants', async () => {
    const { path, clock } = setUp()
    plantLock(path, strangeOwner('strange'))
    const controller = new AbortController()
    const reason = new Error('not any more')
    const mutex = createMutex({ clock, maxWait: 0 })
    const waiting = mutex.run(locate(path), () => 'ran', controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })
})

describe('the fate of an owner', () => {
  const self = thisProcess()

  it('is dead without its process, with another start time', () => {
    expect(fateOf(deadOwner('x'), self)).toBe('dead')
    // Beyond any pid that Linux gives out.
    expect(fateOf({ ...self, pid: 2 ** 22 + 1 }, self)).toBe('dead')
  })

  it('is unknown on another host, in another container and on a platform without start times', () => {
    expect(fateOf(strangeOwner('x'), self)).toBe('unknown')
    expect(fateOf({ ...self, pid: 2 ** 22 + 1, space: 'another boot' }, self)).toBe('unknown')
    expect(fateOf({ ...self, pid: process.ppid, started: '' }, self)).toBe('unknown')
  })

  it('is unknown for this process itself: it may be another thread', () => {
    expect(fateOf(self, self)).toBe('unknown')
  })
})
