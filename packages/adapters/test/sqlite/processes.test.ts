import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isStoreUnavailable } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startChild, type Child } from '../processes/child.ts'
import { bundledProgram } from '../processes/program.ts'
import { scratchFolder } from '../processes/scratch-folder.ts'
import { createFamily } from '../siblings/family.ts'
import { expectToLive } from '../siblings/lifetimes.ts'
import { failureOf } from '../support/failure-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { NeighbourCommand, NeighbourReport } from './fixtures/neighbour-command.ts'
import { KEY, sqliteRig } from './rig.ts'

type Neighbour = Child<NeighbourCommand, NeighbourReport>

const putNeighbour = bundledProgram(new URL('fixtures/neighbour.ts', import.meta.url))
const putSibling = bundledProgram(new URL('fixtures/sibling.ts', import.meta.url))
const signal = new AbortController().signal

// For slow machines: nothing here waits for time, but processes start.
vi.setConfig({ testTimeout: 120_000 })

async function startNeighbour(): Promise<Neighbour> {
  const child: Neighbour = startChild(await putNeighbour(temporaryFolder()), 'a neighbour')
  onTestFinished(() => child.kill())
  expect(await child.hear()).toEqual({ said: 'ready' })
  return child
}

async function kill(neighbour: Neighbour): Promise<void> {
  neighbour.kill()
  expect(await neighbour.end()).toBe('SIGKILL')
}

describe('processes that share a sqlite store', () => {
  it('lose no update: 3 processes with 100 increments each make 300', async () => {
    const { file, open } = sqliteRig()
    const neighbours = await Promise.all([1, 2, 3].map(startNeighbour))
    for (const one of neighbours) one.tell({ do: 'increment', file, key: KEY, times: 100 })
    expect(await Promise.all(neighbours.map((one) => one.hear()))).toEqual(neighbours.map(() => ({ said: 'done' })))
    expect((await open().read(KEY))?.value).toBe(300)
  })

  it('P1 spend a strictly rotating grant once in each of 20 lifetimes, and no caller fails', async () => {
    using folder = scratchFolder()
    const file = `${folder.path}/accounts.sqlite`
    const program = await putSibling(folder.path)
    await using family = await createFamily({ program, opening: file, siblings: 3 })
    const { open } = sqliteRig()
    await expectToLive(family, { lifetimes: 20, sleepEvery: 5, read: () => open({ file }).read(KEY) })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('hear of each other', async () => {
    const { file, open } = sqliteRig()
    const watcher = await startNeighbour()
    watcher.tell({ do: 'watch', file, key: KEY })
    expect(await watcher.hear()).toEqual({ said: 'watching' })
    const store = open()
    for (const value of [1, 2]) {
      await store.write(KEY, value)
      expect(await watcher.hear()).toEqual({ said: 'changed' })
    }
    watcher.dismiss()
    expect(await watcher.end()).toBe(0)
  })

  it('take over the lease of one that was killed, at once', async () => {
    const { file, open } = sqliteRig()
    const holder = await startNeighbour()
    holder.tell({ do: 'lease', file, key: KEY })
    expect(await holder.hear()).toEqual({ said: 'held' })
    const clock = new VirtualClock()
    const store = open({ clock })
    const waiting = store.lease(KEY, { ttl: 60_000, signal })
    await clock.advance(1_000)
    await store.write(KEY, 'others may write meanwhile')
    expect(clock.held).toBe(1)
    await kill(holder)
    await clock.advance(100)
    await store.write(KEY, 'fenced', { lease: await waiting })
  })

  it('go on at once when one is killed in a transaction, of which nothing is left', async () => {
    const { file, open } = sqliteRig()
    const clock = new VirtualClock()
    const store = open({ clock })
    await store.write(KEY, 'old')
    const holder = await startNeighbour()
    holder.tell({ do: 'lock', file })
    expect(await holder.hear()).toEqual({ said: 'held' })
    const failure = failureOf(store.write(KEY, 'locked out'))
    await clock.advance(5_100)
    expect(await failure).toSatisfy(isStoreUnavailable)
    await kill(holder)
    expect((await store.read(KEY))?.value).toBe('old')
    await store.write(KEY, 'new')
  })

  it('P7 lose nothing that was written when one is killed among its writes, and find no damage', async () => {
    const { file, open, meddle } = sqliteRig()
    for (const moment of [1, 2, 5, 17, 60, 150]) {
      const writer = await startNeighbour()
      writer.tell({ do: 'count', file, key: KEY })
      for (let heard = 0; heard < moment; heard += 1) await writer.hear()
      writer.kill()
      let last = moment
      for (let report = await writer.hear(); report !== null; report = await writer.hear()) {
        if (report.said === 'wrote') last = report.count
      }
      const entry = await open().read(KEY)
      // It may have written once more and not lived to say so.
      expect([last, last + 1]).toContain((entry?.value as { count: number } | undefined)?.count)
      expect(meddle('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
      await open().write(KEY, 'survived')
    }
  })
})

describe('a disk that takes no more', () => {
  it('fails with store-unavailable, says so, and leaves what was there', async () => {
    const { file, open } = sqliteRig()
    await using store = open()
    await store.write(KEY, 'old')
    const program = [process.execPath, await putNeighbour(temporaryFolder())]
    // Files of 128 blocks of 512 bytes.
    const child = spawn('sh', ['-c', 'ulimit -f 128; exec "$0" "$@"', ...program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    await lines.next()
    child.stdin.write(`${JSON.stringify({ do: 'write', file, key: KEY, size: 200_000 } satisfies NeighbourCommand)}\n`)
    expect(JSON.parse((await lines.next()).value as string)).toMatchObject({
      said: 'failed',
      code: 'store-unavailable',
      help: expect.stringContaining('free space') as string,
    })
    child.stdin.end()
    await once(child, 'exit')
    expect((await store.read(KEY))?.value).toBe('old')
    await store.write(KEY, 'new')
  })

  it.runIf(process.getuid?.() === 0)('or is not for this user is said', async () => {
    const { folder, file, open } = sqliteRig()
    await using store = open()
    await store.write(KEY, 'old')
    chmodSync(folder, 0o755)
    const before = readFileSync(`${file}-wal`)
    const stranger = await startNeighbour()
    stranger.tell({ do: 'write', file, key: KEY, size: 10, asNobody: true })
    expect(await stranger.hear()).toMatchObject({ said: 'failed', code: 'store-unavailable' })
    expect(readFileSync(`${file}-wal`)).toEqual(before)
  })
})
