import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isStoreConflict, isStoreCorrupt, memoryStore, type Json, type Lease, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { encryptedStore } from '../src/encrypted.ts'
import { failureOf } from './support/failure-of.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const BYTES = Buffer.alloc(32, 5)
const PASSPHRASE = 'an invented passphrase'
const LOW = { kdfCost: 10 } as const

interface Sealed {
  readonly format: string
  readonly version: number
  readonly cipher: string
  readonly key: string
  readonly kdf?: {
    readonly name: string
    readonly N: number
    readonly r: number
    readonly p: number
    readonly salt: string
  }
  readonly nonce: string
  readonly sealed: string
}

async function envelopeOf(inner: TokenStore, key = KEY): Promise<Sealed> {
  return (await inner.read(key))?.value as unknown as Sealed
}

/** Opens an envelope by what the docstring says of it, with nothing of ours. */
function openByTheBook(envelope: Sealed, entry: string, key: Buffer): unknown {
  const sealed = Buffer.from(envelope.sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(envelope.nonce, 'base64'))
  const { format, version, cipher, kdf = null } = envelope
  decipher.setAAD(Buffer.from(JSON.stringify([format, version, cipher, entry, envelope.key, kdf])))
  decipher.setAuthTag(sealed.subarray(-16))
  const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  return JSON.parse(text.toString()) as unknown
}

function keyIdByTheBook(key: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12))
  cipher.setAAD(Buffer.from('evergrant key id'))
  cipher.final()
  return cipher.getAuthTag().subarray(0, 8).toString('hex')
}

describe('an envelope', () => {
  it('is what the documentation says, so that it can be opened without this library', async () => {
    const inner = memoryStore()
    const value = { refreshToken: 'ünïcode \ud800 🔑', list: [1, null] }
    for (const entry of [KEY, 'ключ "🔑" \n', '__proto__']) {
      await encryptedStore(inner, { key: BYTES }).write(entry, value)
      const envelope = await envelopeOf(inner, entry)
      expect(Object.keys(envelope)).toEqual(['format', 'version', 'cipher', 'key', 'nonce', 'sealed'])
      expect(envelope).toMatchObject({ format: 'evergrant/sealed', version: 1, cipher: 'A256GCM' })
      expect(envelope.key).toBe(keyIdByTheBook(BYTES))
      expect(openByTheBook(envelope, entry, BYTES)).toEqual(value)
    }
  })

  it('of a passphrase too', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW }).write(KEY, 'text')
    const envelope = await envelopeOf(inner)
    const { name, N, r, p, salt = '' } = envelope.kdf ?? {}
    expect({ name, N, r, p }).toEqual({ name: 'scrypt', N: 1_024, r: 8, p: 1 })
    const key = scryptSync(PASSPHRASE, Buffer.from(salt, 'base64'), 32, { N: 1_024, r: 8, p: 1 })
    expect(envelope.key).toBe(keyIdByTheBook(key))
    expect(openByTheBook(envelope, KEY, key)).toBe('text')
  })

  it('costs what OWASP advises unless somebody says otherwise', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { passphrase: PASSPHRASE }).write(KEY, 'text')
    expect((await envelopeOf(inner)).kdf?.N).toBe(2 ** 17)
  })

  it('has a fresh nonce with every write, also of the same value', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { key: BYTES })
    const nonces = new Set<string>()
    const ciphertexts = new Set<string>()
    for (let count = 0; count < 200; count += 1) {
      await store.write(KEY, 'the same')
      const { nonce, sealed } = await envelopeOf(inner)
      nonces.add(nonce)
      ciphertexts.add(sealed)
    }
    expect([nonces.size, ciphertexts.size]).toEqual([200, 200])
  })

  it('P11 leaves nothing in clear in the file beneath', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const value = { refreshToken: `invented-${randomBytes(16).toString('hex')}` }
    await encryptedStore(fileStore(path), { key: BYTES }).write(KEY, value)
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('evergrant/sealed')
    expect(text).not.toContain('invented')
    expect(text).not.toContain('refreshToken')
    expect(Buffer.from(text, 'latin1').includes(Buffer.from(value.refreshToken).toString('base64').slice(4, 20))).toBe(
      false,
    )
  })
})

describe('a sealed value that somebody has changed', () => {
  const TAMPERED = `The sealed entry ${KEY} has been tampered with`

  it('each byte of it: store-corrupt, and nothing is changed', async () => {
    for (const options of [{ key: BYTES }, { passphrase: PASSPHRASE, ...LOW }]) {
      const inner = memoryStore()
      const store = encryptedStore(inner, options)
      await store.write(KEY, { refreshToken: 'invented' })
      const text = Buffer.from(JSON.stringify(await envelopeOf(inner)))
      let readable = 0
      for (let at = 0; at < text.length; at += 1) {
        for (const flip of [0x01, 0x02, 0x20]) {
          const bytes = Buffer.from(text)
          bytes[at]! ^= flip
          const value = parsedOrText(bytes.toString('latin1'))
          if (typeof value === 'object') readable += 1
          await inner.write(KEY, value)
          const planted = await inner.read(KEY)
          for (const call of [() => store.read(KEY), () => store.write(KEY, 'new'), () => store.delete(KEY)]) {
            expect([value, isStoreCorrupt(await failureOf(call()))]).toEqual([value, true])
          }
          expect(await inner.read(KEY)).toEqual(planted)
        }
      }
      // Most of what can be changed is still JSON.
      expect(readable).toBeGreaterThan(text.length)
    }
  })

  it('tells tampering from a wrong key: moved, swapped, cut or lengthened', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { key: BYTES })
    await store.write(KEY, 'mine')
    await store.write('grant/other', 'other')
    const mine = await envelopeOf(inner)
    const other = await envelopeOf(inner, 'grant/other')
    const recoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    const sealed = Buffer.from(mine.sealed, 'base64')
    const changed: readonly Sealed[] = [
      other,
      { ...mine, nonce: other.nonce },
      { ...mine, sealed: other.sealed },
      { ...mine, sealed: recoded(sealed.subarray(1)) },
      { ...mine, sealed: recoded(Buffer.concat([sealed, Buffer.of(0)])) },
      { ...mine, sealed: recoded(sealed.subarray(0, 16)) },
    ]
    for (const envelope of changed) {
      await inner.write(KEY, envelope as unknown as Json)
      expect(await failureOf(store.read(KEY))).toMatchObject({ code: 'store-corrupt', message: TAMPERED })
    }
    await inner.write(KEY, mine as unknown as Json)
    expect((await store.read(KEY))?.value).toBe('mine')
  })

  it('by a member more or less is damaged, also where the rest is right', async () => {
    for (const options of [{ key: BYTES }, { passphrase: PASSPHRASE, ...LOW }]) {
      const inner = memoryStore()
      const store = encryptedStore(inner, options)
      await store.write(KEY, 1)
      const envelope = await envelopeOf(inner)
      const less = Object.keys(envelope).map((member) => {
        return Object.fromEntries(Object.entries(envelope).filter(([name]) => name !== member))
      })
      const kdfMore = { ...envelope, kdf: { ...envelope.kdf, note: 1 } }
      for (const changed of [...less, kdfMore, { ...envelope, note: 1 }, { ...envelope, kdf: null }]) {
        await inner.write(KEY, changed)
        expect([changed, isStoreCorrupt(await failureOf(store.read(KEY)))]).toEqual([changed, true])
      }
    }
  })

  it('does not make it derive what costs more memory than a machine has', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW })
    await store.write(KEY, 1)
    const envelope = await envelopeOf(inner)
    for (const changed of [
      { N: 2 ** 31 },
      { N: 2 ** 21 },
      { N: 512 },
      { N: 1_023 },
      { N: -1_024 },
      { r: 2 ** 20 },
      { p: 64 },
    ]) {
      await inner.write(KEY, { ...envelope, kdf: { ...envelope.kdf, ...changed } })
      expect(await failureOf(store.read(KEY))).toMatchObject({ message: `The sealed entry ${KEY} is damaged` })
    }
  })

  it('of a newer version says that this one is old', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { key: BYTES })
    await store.write(KEY, 1)
    await inner.write(KEY, { ...(await envelopeOf(inner)), version: 2 })
    expect(await failureOf(store.read(KEY))).toMatchObject({
      code: 'store-corrupt',
      help: expect.stringContaining('Update evergrant') as string,
    })
  })

  it('is replaced by whoever names its revision', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { key: BYTES })
    const revision = await inner.write(KEY, 'planted')
    expect(await failureOf(store.write(KEY, 1, { expect: null }))).toSatisfy(isStoreConflict)
    await store.write(KEY, 'mended', { expect: revision })
    expect((await store.read(KEY))?.value).toBe('mended')
  })
})

describe('the store beneath', () => {
  it('decides how far it reaches, and what it can do besides', async () => {
    const plain = memoryStore()
    const silent: TokenStore = {
      sharing: plain.sharing,
      read: (key) => plain.read(key),
      write: (key, value) => plain.write(key, value),
      delete: (key) => plain.delete(key),
      lease: (key, options) => plain.lease(key, options),
    }
    const network: TokenStore = { ...plain, sharing: 'network', time: () => Promise.resolve(12) }
    const over = (inner: TokenStore): TokenStore => encryptedStore(inner, { key: BYTES })
    expect(over(plain)).toMatchObject({ sharing: 'process', watch: expect.any(Function) as unknown })
    expect(Object.keys(over(plain))).not.toContain('time')
    expect(Object.keys(over(silent))).not.toContain('watch')
    expect(over(network).sharing).toBe('network')
    expect(await over(network).time?.()).toBe(12)
  })

  it('is called as a method, as a class may need it', async () => {
    const kept = memoryStore()
    class Inner implements TokenStore {
      readonly sharing = 'host'
      readonly #kept = kept
      read: TokenStore['read'] = (key) => this.#kept.read(key)
      write: TokenStore['write'] = (key, value, options) => this.#kept.write(key, value, options)
      delete: TokenStore['delete'] = (key, options) => this.#kept.delete(key, options)
      lease: TokenStore['lease'] = (key, options) => this.#kept.lease(key, options)
      async time(): Promise<number> {
        return this.sharing.length
      }
    }
    const store = encryptedStore(new Inner(), { key: BYTES })
    await store.write(KEY, 1)
    expect([await store.time?.(), (await store.read(KEY))?.value]).toEqual([4, 1])
  })

  it('P1 fences: a lease that is lost while a value is sealed writes nothing', async () => {
    const inner = memoryStore()
    const store = encryptedStore(inner, { passphrase: PASSPHRASE, ...LOW })
    const lease: Lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    const writing = failureOf(store.write(KEY, 'late', { lease, expect: null }))
    await lease.release()
    expect(await writing).toMatchObject({ code: 'lease-lost' })
    expect(await inner.read(KEY)).toBe(null)
  })
})

function parsedOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
