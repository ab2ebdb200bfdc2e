import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileStore } from '@evergrant/adapters/file'
import { isStoreConflict, isStoreUnavailable } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMutex } from '../src/file/mutex.ts'
import { fateOf, thisProcess } from '../src/file/owner.ts'
import { locate } from '../src/file/place.ts'
import { failureOf } from './support/failure-of.ts'
import { deadOwner, formerOwner, plantLock, strangeOwner } from './support/planted-owner.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const LINUX = process.platform === 'linux'

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

/** The 22nd field of proc(5); the 2nd is the name in brackets. */
function startTimeOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
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

  it('of a process that is gone is taken over at once', async () => {
    const { path, store, files, clock } = setUp()
    plantLock(path, deadOwner('gone'))
    await store.write(KEY, 1)
    expect(clock.monotonic()).toBe(0)
    expect(files()).toEqual(['.secrets'])
  })

  it.runIf(LINUX)('of a process that is gone is taken over at once, also if its pid is in use again', async () => {
    const { path, store, files, clock } = setUp()
    plantLock(path, formerOwner('gone'))
    await store.write(KEY, 1)
    expect(clock.monotonic()).toBe(0)
    expect(files()).toEqual(['.secrets'])
  })

  it('is given up after 15 s if its owners cannot be asked and take turns', async () => {
    const { path, store, clock, files } = setUp()
    plantLock(path, strangeOwner('turn-0'))
    const write = store.write(KEY, 1)
    const failure = failureOf(write)
    for (let turn = 1; turn < 5; turn += 1) {
      await clock.advance(4_000)
      rmSync(`${path}.lock`)
      plantLock(path, strangeOwner(`turn-${turn}`))
    }
    expect(await failure).toSatisfy(isStoreUnavailable)
    expect(String(await failure)).toContain('process 4711 on elsewhere.example.test')
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

  it('of a dead owner is left alone while another taker is at it', async () => {
    const { path, store, clock, files } = setUp()
    plantLock(path, deadOwner('gone'))
    symlinkSync(JSON.stringify(strangeOwner('taker')), `${path}.lock.gone`)
    const took = await timeTaken(clock, store.write(KEY, 1))
    expect(took).toBeGreaterThanOrEqual(10_000)
    expect(files()).toEqual(['.secrets'])
  })

  it('of a taker that died is taken over with what it was taking', async () => {
    const { path, store, files } = setUp()
    plantLock(path, deadOwner('first'))
    symlinkSync(JSON.stringify(deadOwner('second')), `${path}.lock.first`)
    symlinkSync(JSON.stringify(deadOwner('third')), `${path}.lock.first.second`)
    await store.write(KEY, 1)
    expect(files()).toEqual(['.secrets'])
  })

  it('is what compare-and-set waits for: what was right before may be wrong by then', async () => {
    const { path, store, clock } = setUp()
    plantLock(path, strangeOwner('writer'))
    const write = store.write(KEY, 'mine', { expect: null })
    const failure = failureOf(write)
    const entries = { [KEY]: { revision: '1', value: 'theirs' } }
    writeFileSync(path, JSON.stringify({ format: 'evergrant', version: 1, entries }), { mode: 0o600 })
    rmSync(`${path}.lock`)
    await clock.advance(100)
    expect(await failure).toSatisfy(isStoreConflict)
    expect((await store.read(KEY))?.value).toBe('theirs')
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

  it('waits no longer than the caller wants', async () => {
    const { path, clock, files } = setUp()
    plantLock(path, strangeOwner('strange'))
    const controller = new AbortController()
    const reason = new Error('not any more')
    const mutex = createMutex({ clock, maxWait: 0 })
    const waiting = mutex.run(locate(path), () => 'ran', controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
    rmSync(`${path}.lock`)
    await expect(mutex.run(locate(path), () => 'ran', controller.signal)).rejects.toBe(reason)
    expect(files()).toEqual([])
  })
})

describe('the fate of an owner', () => {
  const self = thisProcess()

  it('is dead without its process', () => {
    expect(fateOf(deadOwner('x'), self)).toBe('dead')
  })

  it.runIf(LINUX)('is dead if its pid belongs to a process that started at another time', () => {
    expect(fateOf(formerOwner('x'), self)).toBe('dead')
  })

  it.runIf(LINUX)('is dead for a zombie, whose parent may never ask for it', async () => {
    // The shell starts a child, then becomes a `sleep`, which knows nothing of it; only then may the child end.
    const script = 'read word <&3 & echo $!; exec sleep 600'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [, output, , input] = parent.stdio
    const [line] = (await once(createInterface({ input: output as Readable }), 'line')) as [string]
    const pid = Number(line)
    await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'))
    const started = startTimeOf(pid)
    expect(fateOf({ ...self, pid, started }, self)).toBe('alive')
    ;(input as Writable).write('\n')
    await vi.waitFor(() => expect(fateOf({ ...self, pid, started }, self)).toBe('dead'))
    expect(startTimeOf(pid)).toBe(started)
  })

  it('is unknown on another host, in another container and on a platform without start times', () => {
    expect(fateOf(strangeOwner('x'), self)).toBe('unknown')
    expect(fateOf({ ...deadOwner('x'), space: 'another boot' }, self)).toBe('unknown')
    expect(fateOf({ ...self, pid: process.ppid, started: '' }, self)).toBe('unknown')
  })

  it('is unknown for this process itself: it may be another thread', () => {
    expect(fateOf(self, self)).toBe('unknown')
  })
})
