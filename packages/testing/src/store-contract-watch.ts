import { equal, ok } from 'node:assert/strict'
import type { TokenStore } from '@evergrant/core'
import type { ContractCases } from './store-contract-cases.ts'

const KEY = 'grant/default'
const OTHER_KEY = 'grant/other'
const ROUNDS = 3

/** Being told of changes. */
export function describeWatch({ one, shared }: ContractCases): void {
  shared('tells of a write, an overwrite and a delete, by anybody', async ([store, other]) => {
    using listener = listen(store, KEY)
    for (const change of [() => other.write(KEY, 1), () => other.write(KEY, 2), () => other.delete(KEY)]) {
      const called = listener.next()
      await change()
      await called
    }
  })

  shared('the change that it tells of can be read', async ([store, other]) => {
    using listener = listen(store, KEY)
    const called = listener.next()
    const revision = await other.write(KEY, 'new')
    await called
    equal((await store.read(KEY))?.revision, revision)
  })

  one('never calls synchronously', async (store) => {
    let synchronous = true
    const calls: boolean[] = []
    using listener = listen(store, KEY, () => calls.push(synchronous))
    const called = listener.next()
    const writing = store.write(KEY, 1)
    synchronous = false
    await writing
    await called
    ok(!calls.includes(true))
  })

  one('tells every listener', async (store) => {
    using first = listen(store, KEY)
    using second = listen(store, KEY)
    const both = Promise.all([first.next(), second.next()])
    await store.write(KEY, 1)
    await both
  })

  one('a listener that another one disposes while being told hears nothing', async (store) => {
    const first: Listener = listen(store, KEY, () => second[Symbol.dispose]())
    const second: Listener = listen(store, KEY, () => first[Symbol.dispose]())
    const called = Promise.race([first.next(), second.next()])
    await store.write(KEY, 1)
    await called
    using stayer = listen(store, KEY)
    await changeRepeatedly(store, KEY, stayer)
    equal(Math.min(first.calls, second.calls), 0)
    first[Symbol.dispose]()
    second[Symbol.dispose]()
  })

  shared('tells of the watched key only', async ([store, other]) => {
    using bystander = listen(store, KEY)
    using listener = listen(store, OTHER_KEY)
    await changeRepeatedly(other, OTHER_KEY, listener)
    // A store may call once too often, but not each time.
    ok(bystander.calls <= 1, `called ${bystander.calls} times for another key`)
  })

  shared('tells nothing more once disposed; a second disposal does nothing', async ([store, other]) => {
    const leaver = listen(store, KEY)
    using stayer = listen(store, KEY)
    const writing = other.write(KEY, 'just before')
    leaver[Symbol.dispose]()
    leaver[Symbol.dispose]()
    await writing
    await changeRepeatedly(other, KEY, stayer)
    equal(leaver.calls, 0)
  })
}

interface Listener extends Disposable {
  readonly calls: number
  /** Resolves with the next call. */
  next(): Promise<void>
}

function listen(store: TokenStore, key: string, onCall?: () => void): Listener {
  ok(store.watch !== undefined, 'the store has no watch; say so with `watches: false`')
  let calls = 0
  let waiting: (() => void)[] = []
  const watching = store.watch(key, () => {
    calls += 1
    onCall?.()
    const called = waiting
    waiting = []
    for (const resolve of called) resolve()
  })
  return {
    get calls() {
      return calls
    },
    next: () => new Promise((resolve) => void waiting.push(resolve)),
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  }
}

async function changeRepeatedly(store: TokenStore, key: string, listener: Listener): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const called = listener.next()
    await store.write(key, round)
    await called
  }
}
