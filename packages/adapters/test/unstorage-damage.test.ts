import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { isStoreCorrupt } from '@evergrant/core'
import fc from 'fast-check'
import fsLite from 'unstorage/drivers/fs-lite'
import { describe, expect, it } from 'vitest'
import { cases } from '../../core/test/support/fuzz.ts'
import { failureOf } from './support/failure-of.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { storeOver } from './unstorage/store-over.ts'

const KEY = 'grant/default'
const CANARY = 'canary-in-a-coal-mine'

describe('what somebody else has put in the place of an entry', () => {
  const anyJson = fc.jsonValue({ maxDepth: 3 })
  const anItem = fc.record(
    {
      format: fc.oneof({ weight: 9, arbitrary: fc.constant('evergrant') }, anyJson),
      version: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constantFrom(0, 2, '1'), anyJson),
      key: fc.oneof(
        { weight: 5, arbitrary: fc.constant(KEY) },
        { weight: 1, arbitrary: fc.constant('grant/other') },
        anyJson,
      ),
      revision: fc.oneof(fc.string(), anyJson),
      value: fc.oneof(
        { weight: 3, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
        fc.string(),
        fc.constant(`{"${CANARY}`),
      ),
      [CANARY]: anyJson,
    },
    { requiredKeys: ['format'] },
  )
  const someText = fc.oneof(
    { weight: 3, arbitrary: anItem.map((item) => JSON.stringify(item)) },
    fc.tuple(anItem, fc.nat()).map(([item, at]) => JSON.stringify(item).slice(0, at % 60)),
    fc.string(),
    anyJson.map((value) => JSON.stringify([CANARY, value])),
    fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth)),
  )

  it('any text is an entry or store-corrupt, and then neither written over nor deleted', async () => {
    const path = join(temporaryFolder(), 'evergrant')
    mkdirSync(path)
    const file = join(path, 'grant__default')
    let corrupt = 0
    await fc.assert(
      fc.asyncProperty(someText, async (text) => {
        // What means "nothing" to unstorage itself.
        fc.pre(!['null', 'undefined', ''].includes(text.trim().toLowerCase()))
        writeFileSync(file, text)
        const store = storeOver(fsLite({ base: join(path, '..') }))
        const failure = await failureOf(store.read(KEY))
        if (failure !== null) {
          corrupt += 1
          for (const call of [() => store.read(KEY), () => store.write(KEY, 1), () => store.delete(KEY)]) {
            const again = await failureOf(call())
            expect(again).toSatisfy(isStoreCorrupt)
            expect(inspect(again, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
          }
        } else {
          const { key, format, version, value } = JSON.parse(text) as Record<string, unknown>
          expect([key, format, version]).toEqual([KEY, 'evergrant', 1])
          expect((await store.read(KEY))?.value).toEqual(JSON.parse(value as string))
        }
        expect(readFileSync(file, 'utf8')).toBe(text)
      }),
      cases(300),
    )
    expect(corrupt).toBeGreaterThan(100)
  })

  it('a file that is cut at any byte is store-corrupt', async () => {
    const base = temporaryFolder()
    await storeOver(fsLite({ base })).write(KEY, { refreshToken: 'invented' })
    const file = join(base, 'evergrant', 'grant__default')
    const whole = readFileSync(file)
    for (let length = 1; length < whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length))
      expect(await failureOf(storeOver(fsLite({ base })).read(KEY))).toSatisfy(isStoreCorrupt)
    }
    writeFileSync(file, whole)
    expect((await storeOver(fsLite({ base })).read(KEY))?.value).toEqual({ refreshToken: 'invented' })
  })
})
