import { isStoreCorrupt, memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { encryptedStore, type EncryptedStoreOptions } from '../src/encrypted.ts'
import { failureOf } from './support/failure-of.ts'

const KEY = 'grant/default'
const OLD_KEY = '11'.repeat(32)
const NEW_KEY = '22'.repeat(32)
const OLDEST_KEY = '33'.repeat(32)
const LOW = { kdfCost: 10 } as const
const OLD_WORDS = 'the old invented words'
const NEW_WORDS = 'the new invented words'

interface Rotation {
  readonly before: EncryptedStoreOptions
  readonly rotating: EncryptedStoreOptions
  readonly after: EncryptedStoreOptions
}

const ROTATIONS: Readonly<Record<string, Rotation>> = {
  'a key by a key': {
    before: { key: OLD_KEY },
    rotating: { key: NEW_KEY, previousKeys: [OLDEST_KEY, OLD_KEY] },
    after: { key: NEW_KEY },
  },
  'a passphrase by a passphrase': {
    before: { passphrase: OLD_WORDS, ...LOW },
    rotating: { passphrase: NEW_WORDS, previousPassphrases: [OLD_WORDS], ...LOW },
    after: { passphrase: NEW_WORDS, ...LOW },
  },
  'a passphrase by a key': {
    before: { passphrase: OLD_WORDS, ...LOW },
    rotating: { key: NEW_KEY, previousPassphrases: [OLD_WORDS] },
    after: { key: NEW_KEY },
  },
  'a key by a passphrase': {
    before: { key: OLD_KEY },
    rotating: { passphrase: NEW_WORDS, previousKeys: [OLD_KEY], ...LOW },
    after: { passphrase: NEW_WORDS, ...LOW },
  },
}

describe('replacing', () => {
  for (const [title, { before, rotating, after }] of Object.entries(ROTATIONS)) {
    it(`${title}: the old is read, and what is written is sealed with the new alone`, async () => {
      const inner = memoryStore()
      const revision = await encryptedStore(inner, before).write(KEY, 'old')
      await encryptedStore(inner, before).write('grant/untouched', 'old')

      const between = encryptedStore(inner, rotating)
      expect(await between.read(KEY)).toEqual({ value: 'old', revision })
      await between.write(KEY, 'new', { expect: revision })
      await between.write('grant/untouched', 'old')
      expect((await between.read(KEY))?.value).toBe('new')

      for (const key of [KEY, 'grant/untouched']) {
        expect(await encryptedStore(inner, after).read(key)).toEqual(await between.read(key))
        expect(await failureOf(encryptedStore(inner, before).read(key))).toSatisfy(isStoreCorrupt)
      }
    })
  }

  it('without the old one says that another key has sealed it, and changes nothing', async () => {
    for (const { before, after } of Object.values(ROTATIONS)) {
      const inner = memoryStore()
      await encryptedStore(inner, before).write(KEY, 'old')
      const entry = await inner.read(KEY)
      const store = encryptedStore(inner, after)
      for (const call of [() => store.read(KEY), () => store.write(KEY, 'lost'), () => store.delete(KEY)]) {
        const failure = await failureOf(call())
        expect(failure).toMatchObject({
          code: 'store-corrupt',
          message: `The entry ${KEY} was sealed with another key`,
          help: expect.stringContaining('previousKeys') as string,
          details: { location: KEY },
        })
      }
      expect(await inner.read(KEY)).toEqual(entry)
    }
  })
})

describe('moving a plain store', () => {
  it('reads plain values with acceptPlain alone, and seals them when they are written', async () => {
    const inner = memoryStore()
    const revision = await inner.write(KEY, { refreshToken: 'invented' })
    const strict = encryptedStore(inner, { key: NEW_KEY })
    const failure = await failureOf(strict.read(KEY))
    expect(failure).toMatchObject({
      code: 'store-corrupt',
      message: `The entry ${KEY} is not sealed`,
      help: expect.stringContaining('acceptPlain: true') as string,
    })
    expect(await failureOf(strict.write(KEY, 'lost'))).toSatisfy(isStoreCorrupt)

    const moving = encryptedStore(inner, { key: NEW_KEY, acceptPlain: true })
    expect(await moving.read(KEY)).toEqual({ value: { refreshToken: 'invented' }, revision })
    await moving.write(KEY, { refreshToken: 'invented' }, { expect: revision })
    expect(JSON.stringify(await inner.read(KEY))).not.toContain('invented')
    expect((await strict.read(KEY))?.value).toEqual({ refreshToken: 'invented' })
  })

  it('takes no damaged envelope for a plain value', async () => {
    const inner = memoryStore()
    await encryptedStore(inner, { key: NEW_KEY }).write(KEY, 1)
    const { format, ...rest } = ((await inner.read(KEY))?.value ?? {}) as { format: string }
    for (const value of [rest, { format }, { ...rest, format: 'evergrant' }]) {
      await inner.write(KEY, value)
      const moving = encryptedStore(inner, { key: NEW_KEY, acceptPlain: true })
      expect(await failureOf(moving.read(KEY))).toSatisfy(isStoreCorrupt)
    }
  })
})
