import { inspect } from 'node:util'
import {
  createSession,
  isInvalidOptions,
  isStoreCorrupt,
  memoryStore,
  secret,
  type Json,
  type Provider,
} from '@evergrant/core'
import { describe, expect, it, vi } from 'vitest'
import { encryptedStore, type EncryptedStoreOptions, type KeyInput } from '../src/encrypted.ts'
import { failureOf } from './support/failure-of.ts'
import { formsOf } from './support/visible-text.ts'

const KEY = 'grant/default'
const BYTES = Uint8Array.from({ length: 32 }, (_, index) => index * 7)
const HEX = Buffer.from(BYTES).toString('hex')
const PASSPHRASE = 'canary in a coal mine'
const LOW = { kdfCost: 10 } as const

function importKey(usages: readonly KeyUsage[], length = 32): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', BYTES.slice(0, length), 'AES-GCM', false, [...usages])
}

describe('a key', () => {
  it('is one and the same as bytes, text or CryptoKey, exportable or not', async () => {
    const inner = memoryStore()
    const forms: readonly KeyInput[] = [
      BYTES,
      HEX,
      HEX.toUpperCase(),
      Buffer.from(BYTES).toString('base64'),
      Buffer.from(BYTES).toString('base64url'),
      secret(HEX),
      await importKey(['encrypt', 'decrypt']),
    ]
    await encryptedStore(inner, { key: BYTES }).write(KEY, { a: 1 })
    for (const key of forms) expect((await encryptedStore(inner, { key }).read(KEY))?.value).toEqual({ a: 1 })
  })

  it('is copied: what the caller does to the bytes afterwards changes nothing, and they are not touched', async () => {
    const inner = memoryStore()
    const bytes = BYTES.slice()
    const untouched = BYTES.slice()
    const store = encryptedStore(inner, { key: bytes, previousKeys: [untouched] })
    bytes.fill(1)
    await store.write(KEY, 1)
    expect([bytes, untouched]).toEqual([new Uint8Array(32).fill(1), BYTES])
    expect((await encryptedStore(inner, { key: BYTES }).read(KEY))?.value).toBe(1)
  })

  it('P11 in bytes of ours is zero once it was imported, and cannot be exported then', async () => {
    const importing = vi.spyOn(crypto.subtle, 'importKey')
    try {
      for (const options of [{ key: HEX }, { key: BYTES }, { passphrase: PASSPHRASE, ...LOW }]) {
        importing.mockClear()
        await encryptedStore(memoryStore(), options).write(KEY, 1)
        expect(importing).toHaveBeenCalledOnce()
        const [, bytes, , extractable] = importing.mock.calls[0] as unknown as [string, Uint8Array, string, boolean]
        expect(bytes).toEqual(new Uint8Array(32))
        expect(extractable).toBe(false)
      }
    } finally {
      importing.mockRestore()
    }
  })
})

describe('options that cannot be used', () => {
  const refused = (options: unknown): unknown => {
    try {
      encryptedStore(memoryStore(), options as EncryptedStoreOptions)
    } catch (error) {
      return error
    }
    return null
  }

  it('are refused at once, and not repeated (P11)', async () => {
    const short = 'short-canary'.slice(0, 11)
    const texts = [short, PASSPHRASE, HEX.slice(1), `${HEX}00`, Buffer.from(BYTES).toString('base64').slice(1)]
    const wrong: readonly unknown[] = [
      undefined,
      null,
      'text',
      {},
      { key: HEX, passphrase: PASSPHRASE },
      ...texts.map((key) => ({ key })),
      ...texts.map((key) => ({ key: secret(key) })),
      { key: BYTES.slice(1) },
      { key: [...BYTES] },
      { key: await importKey(['decrypt']) },
      { key: await importKey(['encrypt']) },
      { key: await importKey(['encrypt', 'decrypt'], 16) },
      { passphrase: short },
      // 12 code units, and 6 characters.
      { passphrase: '🔑'.repeat(6) },
      // 12 characters as typed, 6 once composed.
      { passphrase: 'e\u0301'.repeat(6) },
      { passphrase: 12 },
      { passphrase: secret(short) },
      { passphrase: PASSPHRASE, kdfCost: 9 },
      { passphrase: PASSPHRASE, kdfCost: 21 },
      { passphrase: PASSPHRASE, kdfCost: 10.5 },
      { passphrase: PASSPHRASE, kdfCost: '17' },
      { key: HEX, previousKeys: [short] },
      { key: HEX, previousPassphrases: [short] },
      { key: HEX, previousKey: HEX },
    ]
    for (const options of wrong) {
      const failure = refused(options)
      expect([options, isInvalidOptions(failure)]).toEqual([options, true])
      const shown = inspect(failure, { depth: Infinity, showHidden: true }) + JSON.stringify(failure)
      for (const text of texts) for (const form of formsOf(text)) expect(shown).not.toContain(form)
    }
    expect(refused({ key: HEX })).toBe(null)
    expect(() => encryptedStore({} as never, { key: HEX })).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
  })
})

describe('a passphrase', () => {
  it('is the same however its accents were composed', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { passphrase: 'une clé très secrète'.normalize('NFC'), ...LOW }).write(KEY, 1)
    const other = encryptedStore(inner, { passphrase: secret('une clé très secrète'.normalize('NFD')), ...LOW })
    expect((await other.read(KEY))?.value).toBe(1)
  })

  it('is derived once for each salt, and one salt serves all entries and all who come later', async () => {
    const importing = vi.spyOn(crypto.subtle, 'importKey')
    try {
      const inner = memoryStore()
      const first = encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW })
      await Promise.all([first.write('a', 1), first.write('b', 2), first.read('a')])
      await first.write('a', 3)
      expect(importing).toHaveBeenCalledTimes(1)
      const second = encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW })
      await second.read('a')
      await second.write('c', 1)
      await Promise.all([second.read('a'), second.read('b'), second.read('c'), first.read('c')])
      expect(importing).toHaveBeenCalledTimes(2)
    } finally {
      importing.mockRestore()
    }
  })

  it('has a salt of its own in each store, so that no two give away that theirs is the same', async () => {
    const salts = new Set<unknown>()
    const ids = new Set<unknown>()
    for (let count = 0; count < 5; count += 1) {
      const inner = memoryStore()
      await encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW }).write(KEY, 1)
      const envelope = (await inner.read(KEY))?.value as { key: string; kdf: { salt: string } }
      salts.add(envelope.kdf.salt)
      ids.add(envelope.key)
    }
    expect([salts.size, ids.size]).toEqual([5, 5])
  })

  it('takes over no salt that it has not opened something with', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { passphrase: 'another passphrase', ...LOW }).write('a', 1)
    const saltOf = async (key: string) =>
      ((await inner.read(key)) as { value: { kdf: { salt: string } } } | null)?.value.kdf.salt
    const planted = await saltOf('a')
    const store = encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW })
    expect(await failureOf(store.read('a'))).toSatisfy(isStoreCorrupt)
    await store.write('b', 1)
    expect(await saltOf('b')).not.toBe(planted)
    expect(planted).not.toBe(undefined)
  })

  it('that costs more from now on is derived anew with the next write; what is dear is not made cheap', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { passphrase: PASSPHRASE, kdfCost: 10 }).write(KEY, 1)
    const dear = encryptedStore(inner, { passphrase: PASSPHRASE, kdfCost: 11 })
    expect((await dear.read(KEY))?.value).toBe(1)
    await dear.write(KEY, 2)
    expect((await inner.read(KEY))?.value).toMatchObject({ kdf: { N: 2_048 } })
    expect((await encryptedStore(inner, { passphrase: PASSPHRASE, kdfCost: 10 }).read(KEY))?.value).toBe(2)
  })
})

describe('what can be seen of a store', () => {
  it('P11 holds neither key nor passphrase, whatever goes wrong', async () => {
    const inner = memoryStore()
    const secrets = [HEX, Buffer.from(BYTES).toString('base64'), PASSPHRASE, 'canary in the attic']
    const planted: readonly Json[] = [1, 'plain', { format: 'evergrant/sealed' }, { sealed: 'x' }]
    const shown: string[] = []
    const show = (value: unknown): void => {
      shown.push(inspect(value, { depth: Infinity, showHidden: true, getters: true }), JSON.stringify(value) ?? '')
    }
    const stores = [
      encryptedStore(inner, { key: HEX, previousPassphrases: [PASSPHRASE, 'canary in the attic'] }),
      encryptedStore(inner, { passphrase: PASSPHRASE, previousKeys: [BYTES], ...LOW }),
    ]
    const provider: Provider = {
      issuer: 'https://server.test',
      requestToken: () => Promise.reject(new Error('unused')),
    }
    for (const store of stores) {
      show(store)
      show(createSession({ provider, store }))
      for (const value of planted) {
        await inner.write(KEY, value)
        for (const call of [() => store.read(KEY), () => store.write(KEY, 1), () => store.delete(KEY)]) {
          const failure = await failureOf(call())
          expect(failure).toSatisfy(isStoreCorrupt)
          show(failure)
        }
      }
      await inner.delete(KEY)
      await store.write(KEY, 'canary in the value')
      show((await inner.read(KEY))?.value)
    }
    for (const text of [...secrets, 'canary in the value']) {
      for (const form of formsOf(text)) expect(shown.join('\n')).not.toContain(form)
    }
  })
})
