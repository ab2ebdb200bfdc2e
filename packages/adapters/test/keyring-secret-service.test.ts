import { execFileSync } from 'node:child_process'
import { isStoreCorrupt, isStoreUnavailable, systemClock, type TokenStore } from '@evergrant/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDesk } from '../src/in-process/desk.ts'
import { itemName } from '../src/in-process/item-name.ts'
import { itemStore } from '../src/in-process/item-store.ts'
import { keyringStore } from '../src/keyring.ts'
import { keychainItems } from '../src/keyring/keychain-items.ts'
import { openKeychain, type Keychain } from '../src/keyring/keychain.ts'
import { itemsOf, removeItems } from './keyring/items.ts'
import { realKeychain } from './keyring/real-keychain.ts'
import type { SecretService } from './keyring/secret-service.ts'
import { failureOf } from './support/failure-of.ts'

// A call of a keychain takes some ms, and a case makes hundreds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const KEY = 'grant/default'
const NAME = 'grant__default'
/** Of Windows, so that what is tested here holds there. */
const ITEM_BYTES = 2_500
const BIG = 'b'.repeat(3 * ITEM_BYTES)
const BIGGER = 'B'.repeat(5 * ITEM_BYTES)

const found = realKeychain()

describe.runIf(found.kind === 'own')('keyringStore on a Secret Service', () => {
  let secretService: SecretService
  let places = 0
  let service = ''
  let keychain: Keychain
  beforeAll(async () => {
    secretService = await found.start()
  })
  afterAll(() => secretService.stop())
  beforeEach(() => {
    service = `evergrant-hard-${(places += 1)}`
    keychain = openKeychain(service)
  })

  const storeOver = (over: Keychain): TokenStore =>
    itemStore({
      items: keychainItems({ keychain: over, service, nameOf: itemName, itemBytes: ITEM_BYTES }),
      desk: createDesk(),
      place: service,
      maxWait: 60_000,
      clock: systemClock,
    })
  const freshStore = (): TokenStore => storeOver(keychain)

  async function names(): Promise<readonly string[]> {
    return (await itemsOf(service)).map(({ account }) => account).toSorted()
  }

  const put = (name: string, text: string): Promise<void> => keychain.set(name, Buffer.from(text))

  async function take(name: string): Promise<string | null> {
    const bytes = await keychain.get(name)
    return bytes === null ? null : Buffer.from(bytes).toString()
  }

  function send(path: string, to: string, method: string, ...values: readonly string[]): string {
    return execFileSync('dbus-send', ['--session', '--print-reply', `--dest=${to}`, path, method, ...values], {
      encoding: 'utf8',
    })
  }

  describe('an entry that is bigger than an item', () => {
    it('is spread over several, none of them too big, and leaves none behind', async () => {
      const store = freshStore()
      await store.write(KEY, BIG)
      expect(await names()).toEqual([NAME, ...[0, 1, 2, 3].map((index) => `${NAME}#a${index}`)])
      for (const { password } of await itemsOf(service)) {
        expect(Buffer.byteLength(password)).toBeLessThanOrEqual(ITEM_BYTES)
      }
      await store.write(KEY, BIGGER)
      expect(await names()).toEqual([NAME, ...[0, 1, 2, 3, 4, 5].map((index) => `${NAME}#b${index}`)])
      expect((await freshStore().read(KEY))?.value).toBe(BIGGER)
      await store.write(KEY, 'small')
      expect(await names()).toEqual([NAME])
      await store.write(KEY, BIG)
      await store.delete(KEY)
      expect(await names()).toEqual([])
    })

    it('that misses a part, or has one of another revision, is store-corrupt and left as it is', async () => {
      const store = freshStore()
      await store.write(KEY, BIG)
      const part = (await take(`${NAME}#a1`)) ?? ''
      for (const damaged of [`0${part}`, `${'0'.repeat(32)}${part.slice(32)}`, part.slice(0, -1), `${part}b`, '']) {
        await put(`${NAME}#a1`, damaged)
        expect(await failureOf(freshStore().read(KEY))).toSatisfy(isStoreCorrupt)
        expect(await failureOf(freshStore().write(KEY, 'new'))).toSatisfy(isStoreCorrupt)
        expect(await failureOf(freshStore().delete(KEY))).toSatisfy(isStoreCorrupt)
        expect(await take(`${NAME}#a1`)).toBe(damaged)
      }
      await put(`${NAME}#a1`, part)
      expect((await freshStore().read(KEY))?.value).toBe(BIG)
    })
  })

  describe('a kill at any change of the keychain', () => {
    const KILLED = new Error('killed')

    /** Does nothing any more from the change that is counted, as if the process were gone. */
    function dyingAt(count: number): Keychain {
      let changes = 0
      const change = <T>(run: () => Promise<T>): Promise<T> => {
        changes += 1
        return changes < count ? run() : Promise.reject(KILLED)
      }
      return {
        get: (name) => (changes < count ? keychain.get(name) : Promise.reject(KILLED)),
        set: (name, bytes) => change(() => keychain.set(name, bytes)),
        remove: (name) => change(() => keychain.remove(name)),
      }
    }

    const CHANGES: Readonly<
      Record<string, { before: unknown; apply: (store: TokenStore) => Promise<unknown>; after: unknown }>
    > = {
      'from small to small': { before: 'small', apply: (store) => store.write(KEY, 'new'), after: 'new' },
      'from small to big': { before: 'small', apply: (store) => store.write(KEY, BIG), after: BIG },
      'from big to bigger': { before: BIG, apply: (store) => store.write(KEY, BIGGER), after: BIGGER },
      'from bigger to small': { before: BIGGER, apply: (store) => store.write(KEY, 'new'), after: 'new' },
      'from big to nothing': { before: BIG, apply: (store) => store.delete(KEY), after: null },
    }

    for (const [title, { before, apply, after }] of Object.entries(CHANGES)) {
      it(`P7 leaves the old entry or the new one: ${title}`, async () => {
        const seen = new Set<unknown>()
        let kills = 0
        for (let through = false; !through;) {
          await removeItems(service)
          await freshStore().write(KEY, before as string)
          const failure = await failureOf(apply(storeOver(dyingAt(kills + 1))))
          through = failure === null
          if (!through) kills += 1
          const value = (await freshStore().read(KEY))?.value ?? null
          expect([before, after]).toContainEqual(value)
          seen.add(value)
          await freshStore().write(KEY, 'next')
          // Whatever the dead one left.
          expect(await names()).toEqual([NAME])
        }
        expect(kills).toBeGreaterThan(0)
        expect(seen).toEqual(new Set([before, after]))
      })
    }
  })

  describe('an item that this store did not write', () => {
    it('is store-corrupt, quoted nowhere, neither written over nor taken away', async () => {
      const canary = 'canary-in-a-coal-mine'
      const head = { format: 'evergrant', version: 1, revision: 'r', side: 'a', parts: 1, bytes: 9 }
      const entry = { format: 'evergrant', version: 1, key: KEY, revision: 'r', value: '1' }
      const items = [
        canary,
        '',
        `{"${canary}`,
        JSON.stringify([canary]),
        'null',
        JSON.stringify({ ...entry, format: canary }),
        JSON.stringify({ ...entry, version: 2, value: canary }),
        JSON.stringify({ ...entry, key: 'grant/other' }),
        JSON.stringify({ ...entry, value: `{"${canary}` }),
        JSON.stringify({ ...entry, revision: '' }),
        JSON.stringify(head),
        JSON.stringify({ ...head, parts: 1e9 }),
        JSON.stringify({ ...head, side: 'c' }),
      ]
      for (const item of items) {
        await put(NAME, item)
        const store = freshStore()
        for (const call of [() => store.read(KEY), () => store.write(KEY, 1), () => store.delete(KEY)]) {
          const failure = await failureOf(call())
          expect({ item, corrupt: isStoreCorrupt(failure) }).toEqual({ item, corrupt: true })
          expect(JSON.stringify(failure)).not.toContain(canary)
        }
        expect(await take(NAME)).toBe(item)
      }
    })
  })

  describe('a keychain in trouble', () => {
    const lock = (): void => {
      const login = 'array:objpath:/org/freedesktop/secrets/collection/login'
      send('/org/freedesktop/secrets', 'org.freedesktop.secrets', 'org.freedesktop.Secret.Service.Lock', login)
    }

    it('that is locked says so; unlocked again, nothing is lost', async () => {
      const store = keyringStore({ service })
      await store.write(KEY, 'kept')
      lock()
      for (const call of [() => store.read(KEY), () => store.write(KEY, 'lost'), () => store.delete(KEY)]) {
        const failure = await failureOf(call())
        expect(failure).toSatisfy(isStoreUnavailable)
        expect(String(failure)).toContain('The keychain is locked')
      }
      await secretService.restart()
      expect((await store.read(KEY))?.value).toBe('kept')
    })

    it('that is started anew is reached again by a store that was in use, without an error', async () => {
      const store = keyringStore({ service })
      const revision = await store.write(KEY, 'before')
      await secretService.restart()
      expect((await store.read(KEY))?.revision).toBe(revision)
      await secretService.restart()
      await store.write(KEY, 'after', { expect: revision })
      expect((await store.read(KEY))?.value).toBe('after')
    })

    it('that ends while a store connects is reached again, without an error', async () => {
      await keyringStore({ service }).write(KEY, 'kept')
      await secretService.killAt('OpenSession')
      expect((await keyringStore({ service }).read(KEY))?.value).toBe('kept')
    })
  })

  describe('the connections to the bus', () => {
    const connections = (): number => {
      const names = send('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'org.freedesktop.DBus.ListNames')
      return names.match(/":/g)?.length ?? 0
    }

    it('P12 do not grow with the calls for an entry', async () => {
      const store = keyringStore({ service })
      await store.write(KEY, 0)
      const before = connections()
      for (let count = 1; count <= 100; count += 1) await store.write(KEY, count)
      expect((await store.read(KEY))?.value).toBe(100)
      expect(connections()).toBeLessThanOrEqual(before)
    })
  })
})
