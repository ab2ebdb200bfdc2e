import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { fileStore } from '@evergrant/adapters/file'
import { isStoreConflict, isStoreCorrupt, type Json } from '@evergrant/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'

const KEY = 'grant/default'
const CANARY = 'canary-in-a-coal-mine'

let folder = ''
let path = ''
beforeAll(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-'))
  path = join(folder, '.secrets')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>
const aKey = fc.oneof(fc.constantFrom(KEY, 'issuer/https://server.test', '__proto__', 'constructor', ''), fc.string())
const anEntry = fc.record({ revision: fc.string({ minLength: 1 }), value: anyJson })
const someEntries = fc.array(fc.tuple(aKey, anEntry), { maxLength: 4 }).map((all) => Object.fromEntries(new Map(all)))

const aDocument = fc
  .record({ format: fc.constant('evergrant'), version: fc.constant(1), entries: someEntries })
  .map((document) => JSON.stringify(document))

/** A document as somebody may have damaged it, or something else altogether. */
const someBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  aDocument.map((text) => Buffer.from(text)),
  fc.tuple(aDocument, fc.nat()).map(([text, at]) => Buffer.from(text).subarray(0, at % (text.length + 1))),
  fc.tuple(aDocument, fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
    const bytes = Buffer.from(text)
    bytes[at % bytes.length] = byte
    return bytes
  }),
  fc
    .record(
      {
        format: fc.oneof(fc.constant('evergrant'), anyJson),
        version: fc.oneof(fc.constantFrom(0, 1, 2, '1', 1.5, -1), anyJson),
        entries: fc.oneof(fc.dictionary(aKey, fc.oneof(anEntry, anyJson)), anyJson),
        [CANARY]: anyJson,
      },
      { requiredKeys: [] },
    )
    .map((document) => Buffer.from(JSON.stringify(document))),
  anyJson.map((value) => Buffer.from(JSON.stringify([CANARY, value]))),
  fc.uint8Array(),
  fc.uint8Array().map((tail) => Buffer.from([0xef, 0xbb, 0xbf, ...tail])),
  fc.integer({ min: 1, max: 50_000 }).map((depth) => Buffer.from('['.repeat(depth))),
)

/** Whether this version of the store can have written it, as far as its head says. */
function hasHead(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const { format, version } = JSON.parse(text) as { format?: unknown; version?: unknown }
    return format === 'evergrant' && version === 1
  } catch {
    return false
  }
}

const shown = (error: unknown) => inspect(error, { depth: Infinity, showHidden: true })

describe('any bytes in the file of a store', () => {
  it('are a document or store-corrupt, and reading leaves them as they are', async () => {
    let corrupt = 0
    await fc.assert(
      fc.asyncProperty(someBytes, aKey, async (bytes, key) => {
        writeFileSync(path, bytes, { mode: 0o600 })
        try {
          const entry = await fileStore(path).read(key)
          expect(entry === null || entry.revision !== '').toBe(true)
          expect(hasHead(bytes)).toBe(true)
        } catch (error) {
          if (!isStoreCorrupt(error)) throw error
          corrupt += 1
          expect(shown(error)).not.toContain(CANARY)
        }
        expect(readFileSync(path).equals(bytes)).toBe(true)
      }),
      cases(600),
    )
    expect(corrupt).toBeGreaterThan(100)
  })

  it('are not written over, taken away or added to if they are no document', async () => {
    const store = () => fileStore(path)
    await fc.assert(
      fc.asyncProperty(someBytes, anyJson, fc.boolean(), async (bytes, value, removes) => {
        writeFileSync(path, bytes, { mode: 0o600 })
        const readable = await store()
          .read(KEY)
          .then(() => true, isStoreCorrupt)
        expect(readable).toBe(true)
        const failure = await (removes ? store().delete(KEY) : store().write(KEY, value)).then(
          () => null,
          (error: unknown) => error,
        )
        if (failure !== null) {
          expect(isStoreCorrupt(failure)).toBe(true)
          expect(readFileSync(path).equals(bytes)).toBe(true)
        }
        expect(readdirSync(folder)).toEqual(['.secrets'])
      }),
      cases(150),
    )
  })
})

describe('any document', () => {
  it('keeps every other entry when one is written, and takes no revision but the present one', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, aKey, anyJson, async (entries, key, value) => {
        writeFileSync(path, JSON.stringify({ format: 'evergrant', version: 1, entries }), { mode: 0o600 })
        const store = fileStore(path)
        const present = Object.hasOwn(entries, key) ? entries[key]!.revision : null
        const wrong = store.write(key, 'wrong', { expect: `${present}x` })
        await expect(wrong).rejects.toSatisfy(isStoreConflict)
        const revision = await store.write(key, value, { expect: present })
        expect(await store.read(key)).toEqual({ revision, value: JSON.parse(JSON.stringify(value)) as Json })
        for (const [other, entry] of Object.entries(entries)) {
          if (other !== key) expect(await store.read(other)).toEqual(JSON.parse(JSON.stringify(entry)))
        }
      }),
      cases(60),
    )
  })
})
