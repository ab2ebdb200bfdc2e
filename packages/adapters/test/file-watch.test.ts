import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { followFile } from '../src/file/follow.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
/** Longer than the time between two looks without a word from the platform. */
const A_LOOK = 2_100

function setUp(...folders: string[]) {
  const folder = temporaryFolder()
  const path = join(folder, ...folders, '.secrets')
  const clock = new VirtualClock()
  return { folder, path, clock, store: fileStore(path, { clock }) }
}

describe('the watch of a file store', () => {
  it('sees by looking what the platform does not tell', async () => {
    // No platform tells of a folder that is not there.
    const { path, clock, store } = setUp('not', 'there', 'yet')
    let calls = 0
    untilTheEnd(store.watch?.(KEY, () => (calls += 1)))
    await clock.advance(A_LOOK)
    expect(calls).toBe(0)
    await fileStore(path).write(KEY, 1)
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
  })

  it('is not bothered by a file that cannot be read meanwhile', async () => {
    const { path, clock, store } = setUp()
    const revision = await store.write(KEY, 1)
    let calls = 0
    untilTheEnd(store.watch?.(KEY, () => (calls += 1)))
    writeFileSync(path, '{ "half')
    await clock.advance(A_LOOK)
    chmodSync(path, 0o644)
    await clock.advance(A_LOOK)
    rmSync(path)
    writeFileSync(path, '', { mode: 0o600 })
    await clock.advance(A_LOOK)
    expect(calls).toBe(0)
    const next = { format: 'evergrant', version: 1, entries: { [KEY]: { revision: `${revision}-2`, value: 2 } } }
    writeFileSync(path, JSON.stringify(next))
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
  })

  it('P12 leaves no alarm behind, and starts again for the next listener', async () => {
    const { path, clock, store } = setUp()
    const [first, second] = [store.watch?.(KEY, () => undefined), store.watch?.('other', () => undefined)]
    await store.write(KEY, 1)
    first?.[Symbol.dispose]()
    expect([clock.pending > 0, clock.held]).toEqual([true, 0])
    second?.[Symbol.dispose]()
    expect(clock.pending).toBe(0)
    let calls = 0
    untilTheEnd(store.watch?.(KEY, () => (calls += 1)))
    await fileStore(path).write(KEY, 2)
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
  })
})

describe('following a file', () => {
  it('hears of it at once, with a clock that shows no time for a look', async () => {
    const { path, clock } = setUp()
    const heard: string[] = []
    untilTheEnd(followFile(path, clock, () => heard.push('changed')))
    const polling = clock.pending
    writeFileSync(path, 'new')
    // The platform's word sets the alarm that lets the change settle.
    await clock.settleUntil(() => clock.pending > polling)
    expect(heard).toEqual([])
    await clock.advance(20)
    expect(heard).toEqual(['changed'])
  })

  it('takes a burst for one change', async () => {
    const { path, folder, clock } = setUp()
    let calls = 0
    untilTheEnd(followFile(path, clock, () => (calls += 1)))
    const polling = clock.pending
    for (const text of ['a', 'b', 'c']) writeFileSync(path, text)
    writeFileSync(join(folder, 'next'), 'd')
    renameSync(join(folder, 'next'), path)
    await clock.settleUntil(() => clock.pending > polling)
    await clock.settle()
    await clock.advance(20)
    expect(calls).toBe(1)
  })

  it('does not care for other files of the folder', async () => {
    const { path, folder, clock } = setUp()
    untilTheEnd(followFile(path, clock, () => expect.unreachable()))
    const polling = clock.pending
    await heardBySomebodyElse(join(folder, 'other'), () => writeFileSync(join(folder, 'other'), 'new'))
    await clock.settle()
    expect(clock.pending).toBe(polling)
  })

  it('says nothing after it was told to stop, also of what it had noticed before', async () => {
    const { path, clock } = setUp()
    let calls = 0
    const following = followFile(path, clock, () => (calls += 1))
    const polling = clock.pending
    writeFileSync(path, 'new')
    await clock.settleUntil(() => clock.pending > polling)
    following[Symbol.dispose]()
    expect(clock.pending).toBe(0)
    followFile(path, clock, () => (calls += 1))[Symbol.dispose]()
    await heardBySomebodyElse(path, () => writeFileSync(path, 'newer'))
    expect(clock.pending).toBe(0)
    await clock.advance(10 * A_LOOK)
    expect(calls).toBe(0)
  })
})

/** Makes a change and waits until the platform has told another follower of it. */
async function heardBySomebodyElse(path: string, change: () => void): Promise<void> {
  const clock = new VirtualClock()
  const following = followFile(path, clock, () => undefined)
  const polling = clock.pending
  change()
  await clock.settleUntil(() => clock.pending > polling)
  following[Symbol.dispose]()
}

function untilTheEnd(watching: Disposable | undefined): void {
  expect(watching).toBeDefined()
  onTestFinished(() => watching?.[Symbol.dispose]())
}
