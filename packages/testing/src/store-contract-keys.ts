import { deepStrictEqual, ok } from 'node:assert/strict'
import type { TokenStore } from '@evergrant/core'
import type { ContractCases } from './store-contract-cases.ts'

/** Prefixes with what each finds among all of these. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'grant/': ['grant/', 'grant/a', 'grant/b', 'grant/b/c', 'grant/é'],
  'grant/b': ['grant/b', 'grant/b/c'],
  'g*': ['g*t'],
  'g[r': ['g[r]/'],
  'g?': ['g?\\'],
  'g_%': ['g_%'],
  Grant: ['Grant/a'],
  é: ['é'],
  '🔑': ['🔑', '🔑🔑', '🔑\u{10FFFF}x'],
  '🔑\u{10FFFF}': ['🔑\u{10FFFF}x'],
  '\uD7FF': ['\uD7FFa'],
  nothing: [],
}
const KEYS = [...new Set(Object.values(FOUND).flat()), 'grant', 'grant0', '🔒', '\uE000']
const MANY = 50

/** Listing, for stores that can. */
export function describeKeys({ one, shared }: ContractCases): void {
  shared('lists the keys that begin as asked, each once, if it lists keys at all', async ([store, other]) => {
    if (store.keys === undefined) return ok(!('keys' in other))
    deepStrictEqual(await listed(store, ''), [])
    for (const key of KEYS) await store.write(key, 'value')
    deepStrictEqual(await listed(other, ''), KEYS.toSorted())
    for (const [prefix, keys] of Object.entries(FOUND)) deepStrictEqual(await listed(other, prefix), keys.toSorted())
  })

  shared('lists neither what was deleted nor what is only leased, if it lists keys', async ([store, other]) => {
    if (store.keys === undefined) return
    await Promise.all([store.write('grant/a', 1), store.write('grant/b', 1), store.write('grant/b', 2)])
    const lease = await store.lease('grant/c', { ttl: 60_000, signal: new AbortController().signal })
    await other.delete('grant/a')
    deepStrictEqual(await listed(store, 'grant/'), ['grant/b'])
    await lease.release()
  })

  one('lists as many as there are, if it lists keys', async (store) => {
    if (store.keys === undefined) return
    const keys = Array.from({ length: MANY }, (_, index) => `grant/${String(index).padStart(6, '0')}`)
    for (let from = 0; from < MANY; from += 25) {
      await Promise.all(keys.slice(from, from + 25).map((key) => store.write(key, 0)))
    }
    deepStrictEqual(await listed(store, 'grant/'), keys)
    deepStrictEqual(await listed(store, 'grant/00001'), keys.slice(10, 20))
  })
}

async function listed(store: TokenStore, prefix: string): Promise<readonly string[]> {
  return [...((await store.keys?.(prefix)) ?? [])].toSorted()
}
