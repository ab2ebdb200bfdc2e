import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KEY, sqliteRig } from './rig.ts'

/** Longer than the time between two looks without a word from the platform. */
const A_LOOK = 2_100

function untilTheEnd(watching: Disposable): void {
  onTestFinished(() => watching[Symbol.dispose]())
}

describe('the watch of a sqlite store', () => {
  it('sees by looking what the platform does not tell', async () => {
    const { folder, open } = sqliteRig()
    const clock = new VirtualClock()
    const file = join(folder, 'not', 'there', 'yet', 'a.sqlite')
    let calls = 0
    untilTheEnd(open({ file, clock }).watch(KEY, () => (calls += 1)))
    await clock.advance(A_LOOK)
    expect(calls).toBe(0)
    await open({ file }).write(KEY, 1)
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
  })

  it('tells of each key once, however often it was written, and of nothing from before', async () => {
    const { open } = sqliteRig()
    const clock = new VirtualClock()
    const other = open()
    await other.write('grant/a', 0)
    const heard: string[] = []
    const store = open({ clock })
    for (const key of ['grant/a', 'grant/b', 'grant/c']) untilTheEnd(store.watch(key, () => heard.push(key)))
    for (let time = 0; time < 5; time += 1) await other.write('grant/a', time)
    await other.delete('grant/a')
    await other.write('grant/b', 1)
    await clock.advance(A_LOOK)
    expect(heard).toEqual(['grant/a', 'grant/b'])
  })

  it('tells everybody once more was missed than is kept', async () => {
    const { open, meddle } = sqliteRig()
    const clock = new VirtualClock()
    const other = open()
    await other.write('grant/a', 0)
    const heard: string[] = []
    const store = open({ clock })
    untilTheEnd(store.watch('grant/a', () => heard.push('a')))
    untilTheEnd(store.watch('grant/b', () => heard.push('b')))
    meddle('INSERT INTO changes (id, key) VALUES (5000, ?)', 'grant/x')
    await other.write('grant/x', 1)
    expect(meddle('SELECT count(*) AS kept FROM changes')).toEqual({ kept: 2 })
    await clock.advance(A_LOOK)
    expect(heard.toSorted()).toEqual(['a', 'b'])
  })

  it('catches up with what it could not read for a while', async () => {
    const { file, open } = sqliteRig()
    const clock = new VirtualClock()
    const other = open()
    await other.write(KEY, 1)
    const store = open({ clock })
    let calls = 0
    untilTheEnd(store.watch(KEY, () => (calls += 1)))
    await other.write(KEY, 2)
    renameSync(file, `${file}.away`)
    await clock.advance(2 * A_LOOK)
    expect(calls).toBe(0)
    renameSync(`${file}.away`, file)
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
  })

  it('P12 leaves no alarm behind, keeps nobody alive, and starts again for the next listener', async () => {
    const { open } = sqliteRig()
    const clock = new VirtualClock()
    const store = open({ clock })
    const [first, second] = [store.watch(KEY, () => undefined), store.watch('other', () => undefined)]
    await store.write(KEY, 1)
    first[Symbol.dispose]()
    expect([clock.pending > 0, clock.held]).toEqual([true, 0])
    second[Symbol.dispose]()
    expect(clock.pending).toBe(0)
    let calls = 0
    untilTheEnd(store.watch(KEY, () => (calls += 1)))
    await open().write(KEY, 2)
    await clock.advance(A_LOOK)
    expect(calls).toBe(1)
    await store.dispose()
    expect(clock.pending).toBe(0)
  })
})
