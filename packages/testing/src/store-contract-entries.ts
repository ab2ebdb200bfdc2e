import { deepStrictEqual, equal, notEqual, ok } from 'node:assert/strict'
import { isStoreConflict, type Json, type StoredEntry, type TokenStore } from '@evergrant/core'
import { rejectsWith, type ContractCases } from './store-contract-cases.ts'

const KEY = 'grant/default'
const WRITERS = 50

const KEYS = [
  'grant/default',
  'grant/Default',
  'issuer/https://login.example.test:8443/oauth?a=b&c=d#e',
  '__proto__',
  'constructor',
  'a/../b',
  'a b\tc\nd',
  `"'\`\\%2F*:|<>`,
  'ключ 🔑',
  '$',
]

const VALUES: Readonly<Record<string, Json>> = {
  'a string': 'text',
  'an empty string': '',
  'null, which is a value': null,
  false: false,
  'a number': -1.5e-7,
  'an empty array': [],
  'an empty object': {},
  'a nested object': { a: [{ b: [[], {}, [null, true, 0]] }], 'c d': { e: 'f' } },
  'a member named __proto__': JSON.parse('{"__proto__":{"a":1}}') as Json,
  'characters of all kinds': 'ä \u0000 \u2028 \uFEFF "quotes" \\ 日本 👩‍👩‍👧 \r\n',
  'a big value': { text: 'ß'.repeat(200_000), list: Array.from({ length: 2_000 }, (_, index) => ({ index })) },
}

/** Reading, writing, compare-and-set. */
export function describeEntries({ one, shared }: ContractCases): void {
  one('gives null for what was never written', async (store) => {
    equal(await store.read(KEY), null)
  })

  for (const [title, value] of Object.entries(VALUES)) {
    shared(`gives back ${title}`, async ([store, other]) => {
      const revision = await store.write(KEY, value)
      deepStrictEqual(await other.read(KEY), { value, revision })
    })
  }

  one('keeps keys apart, whatever characters they are made of', async (store) => {
    for (const key of KEYS) await store.write(key, { key })
    for (const key of KEYS) deepStrictEqual((await present(store, key)).value, { key })
    const [gone, ...rest] = KEYS as [string, ...string[]]
    await store.delete(gone)
    equal(await store.read(gone), null)
    for (const key of rest) deepStrictEqual((await present(store, key)).value, { key })
  })

  one('names each state of an entry by another revision, also after a delete', async (store) => {
    const revisions = [await store.write(KEY, 1), await store.write(KEY, 1), await store.write(KEY, 2)]
    await store.delete(KEY)
    revisions.push(await store.write(KEY, 1))
    equal(new Set(revisions).size, revisions.length)
    equal((await present(store, KEY)).revision, revisions.at(-1))
  })

  one('a write to one key leaves the revision of another', async (store) => {
    const revision = await store.write(KEY, 1)
    await store.write('grant/other', 2)
    equal((await present(store, KEY)).revision, revision)
  })

  shared('writes over the expected revision', async ([store, other]) => {
    const first = await store.write(KEY, 1, { expect: null })
    const second = await other.write(KEY, 2, { expect: first })
    notEqual(second, first)
    deepStrictEqual(await store.read(KEY), { value: 2, revision: second })
  })

  shared('refuses a write over another revision', async ([store, other]) => {
    const first = await store.write(KEY, 1)
    const second = await other.write(KEY, 2)
    await rejectsWith('store-conflict', store.write(KEY, 3, { expect: first }))
    deepStrictEqual(await store.read(KEY), { value: 2, revision: second })
  })

  shared('refuses to create what is there, and to replace what is not', async ([store, other]) => {
    await rejectsWith('store-conflict', store.write(KEY, 1, { expect: 'no such revision' }))
    equal(await store.read(KEY), null)
    const revision = await store.write(KEY, 1)
    await rejectsWith('store-conflict', other.write(KEY, 2, { expect: null }))
    deepStrictEqual(await store.read(KEY), { value: 1, revision })
    await store.delete(KEY)
    await rejectsWith('store-conflict', other.write(KEY, 3, { expect: revision }))
    equal(await store.read(KEY), null)
  })

  shared('deletes, what is not there too', async ([store, other]) => {
    await store.delete(KEY)
    await store.write(KEY, 1)
    await other.delete(KEY)
    equal(await store.read(KEY), null)
  })

  shared('deletes the expected revision only', async ([store, other]) => {
    const first = await store.write(KEY, 1)
    const second = await other.write(KEY, 2)
    await rejectsWith('store-conflict', store.delete(KEY, { expect: first }))
    await rejectsWith('store-conflict', store.delete(KEY, { expect: null }))
    deepStrictEqual(await store.read(KEY), { value: 2, revision: second })
    await store.delete(KEY, { expect: second })
    equal(await store.read(KEY), null)
    await rejectsWith('store-conflict', store.delete(KEY, { expect: second }))
  })

  shared(`${WRITERS} writers at once: one winner for each revision, no update lost`, async ([store, other]) => {
    const beaten: (string | null)[] = []
    const increment = async (via: TokenStore): Promise<void> => {
      for (;;) {
        const entry = await via.read(KEY)
        const expect = entry?.revision ?? null
        try {
          await via.write(KEY, Number(entry?.value ?? 0) + 1, { expect })
          beaten.push(expect)
          return
        } catch (error) {
          if (!isStoreConflict(error)) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => increment(index % 2 === 0 ? store : other)))
    equal((await present(store, KEY)).value, WRITERS)
    equal(new Set(beaten).size, WRITERS)
  })

  shared('P15 tells everybody the same time, if it tells a time at all', async ([store, other]) => {
    const first = await store.time?.()
    const second = await other.time?.()
    if (first === undefined || second === undefined) return equal(first, second)
    ok(Number.isFinite(first) && first > 0, 'epoch ms')
    ok(second >= first, 'it does not go back')
  })

  one('keeps its values to itself: changing what was written or read changes nothing', async (store) => {
    const written = { list: [1] }
    await store.write(KEY, written)
    written.list.push(2)
    const read = (await present(store, KEY)).value as { list: number[] }
    deepStrictEqual(read, { list: [1] })
    read.list.push(3)
    deepStrictEqual((await present(store, KEY)).value, { list: [1] })
  })
}

async function present(store: TokenStore, key: string): Promise<StoredEntry> {
  const entry = await store.read(key)
  ok(entry !== null, `nothing is stored under ${JSON.stringify(key)}`)
  return entry
}
