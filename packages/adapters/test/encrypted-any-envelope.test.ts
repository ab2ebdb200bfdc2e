import { inspect } from 'node:util'
import { isStoreCorrupt, memoryStore, type Json } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../core/test/support/fuzz.ts'
import { encryptedStore } from '../src/encrypted.ts'
import { failureOf } from './support/failure-of.ts'

const KEY = 'grant/default'
const CANARY = 'canary-in-a-coal-mine'
const OPTIONS = { key: '77'.repeat(32), previousPassphrases: ['an invented passphrase'] }

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>
const base64 = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('base64'))

/** An envelope as somebody may have made it up, or something else altogether. */
const anyEnvelope = fc.record(
  {
    format: fc.oneof({ weight: 9, arbitrary: fc.constant('evergrant/sealed') }, { weight: 1, arbitrary: anyJson }),
    version: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constantFrom(0, 2, '1', 1.5), anyJson),
    cipher: fc.oneof({ weight: 9, arbitrary: fc.constant('A256GCM') }, anyJson),
    key: fc.oneof(fc.stringMatching(/^[0-9a-f]{16}$/), anyJson),
    kdf: fc.oneof(
      fc.record({
        name: fc.constantFrom('scrypt', 'argon2'),
        N: fc.constantFrom(1_024, 1_023, 0, -1, 2 ** 21, 2 ** 53, '1024', null),
        r: fc.constantFrom(8, 9),
        p: fc.constantFrom(1, 2),
        salt: fc.oneof(base64(16), base64(15), fc.constant(CANARY)),
      }),
      anyJson,
    ),
    nonce: fc.oneof(base64(12), base64(11), fc.constant(CANARY), anyJson),
    sealed: fc.oneof(base64(20), base64(15), fc.constant(''), fc.constant(CANARY), anyJson),
    [CANARY]: anyJson,
  },
  { requiredKeys: ['format', 'version', 'cipher', 'key', 'nonce', 'sealed'] },
) as fc.Arbitrary<Json>

const anyStored = fc.oneof(
  anyEnvelope,
  anyJson,
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
)

describe('any value in the place of an envelope', () => {
  it('is store-corrupt, quoted nowhere, neither written over nor deleted', async () => {
    await fc.assert(
      fc.asyncProperty(anyStored, async (stored) => {
        const inner = memoryStore()
        await inner.write(KEY, stored)
        const before = await inner.read(KEY)
        const store = encryptedStore(inner, OPTIONS)
        for (const call of [() => store.read(KEY), () => store.write(KEY, 'new'), () => store.delete(KEY)]) {
          const failure = await failureOf(call())
          expect(failure).toSatisfy(isStoreCorrupt)
          expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
        }
        expect(await inner.read(KEY)).toEqual(before)
      }),
      cases(400),
    )
  })

  it('is plain or store-corrupt where plain values are accepted', async () => {
    await fc.assert(
      fc.asyncProperty(anyStored, async (stored) => {
        const inner = memoryStore()
        await inner.write(KEY, stored)
        const before = await inner.read(KEY)
        const store = encryptedStore(inner, { ...OPTIONS, acceptPlain: true })
        const failure = await failureOf(store.read(KEY))
        if (failure === null) expect(await store.read(KEY)).toEqual(before)
        else expect(failure).toSatisfy(isStoreCorrupt)
      }),
      cases(200),
    )
  })
})

describe('any value', () => {
  it('comes back as it went in, under any name', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, fc.string({ unit: 'binary' }), async (value, key) => {
        const store = encryptedStore(memoryStore(), OPTIONS)
        const revision = await store.write(key, value)
        expect(await store.read(key)).toEqual({ value: JSON.parse(JSON.stringify(value)) as Json, revision })
      }),
      cases(200),
    )
  })
})
