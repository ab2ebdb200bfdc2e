import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createStorage, type Driver } from 'unstorage'
import fs from 'unstorage/drivers/fs'
import memory from 'unstorage/drivers/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { unstorageStore } from '../src/unstorage.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { promised } from './unstorage/promised.ts'

const KEY = 'grant/default'
const CHILD = fileURLToPath(new URL('./unstorage/idle-child.ts', import.meta.url))

describe('the watch of the driver', () => {
  it('tells of a change from outside, and nothing once it is disposed', async () => {
    const base = temporaryFolder()
    const storage = createStorage({ driver: fs({ base, watchOptions: { persistent: false } }) })
    onTestFinished(() => storage.dispose())
    const store = unstorageStore(storage, { watchDriver: true })
    await store.write(KEY, 'old')
    const file = join(base, 'evergrant', 'grant__default')
    const text = readFileSync(file, 'utf8')

    let calls = 0
    const told = promised()
    const watching = store.watch?.(KEY, () => {
      calls += 1
      told.settle()
    })
    const outside = setInterval(() => writeFileSync(file, text.replace('old', `new-${calls}`)), 50)
    await told.promise
    clearInterval(outside)
    watching?.[Symbol.dispose]()
    watching?.[Symbol.dispose]()
    const before = calls
    await store.delete(KEY)
    expect(calls).toBe(before)
  })

  it('P12 starts and ends in order, however quickly listeners come and go', async () => {
    const steps: string[] = []
    const driver: Driver = {
      ...memory(),
      watch: async () => {
        steps.push('start')
        await Promise.resolve()
        return () => void steps.push('stop')
      },
    }
    const storage = createStorage({ driver })
    const store = unstorageStore(storage, { watchDriver: true })
    for (let count = 0; count < 3; count += 1) store.watch?.(KEY, () => undefined)[Symbol.dispose]()
    const last = store.watch?.(KEY, () => undefined)
    await store.write(KEY, 1)
    last?.[Symbol.dispose]()
    // All that was begun is done when a watch of the storage itself has come and gone.
    for (let turn = 0; turn < 5; turn += 1) await (await storage.watch(() => undefined))()
    expect(steps.filter((step) => step === 'start').length).toBe(steps.filter((step) => step === 'stop').length)
  })

  it('that fails is harmless: the changes of this process are told all the same', async () => {
    const driver: Driver = { ...memory(), watch: () => Promise.reject(new Error('no watch')) }
    const store = unstorageStore(createStorage({ driver }), { watchDriver: true })
    const told = promised()
    let calls = 0
    const watching = store.watch?.(KEY, () => {
      calls += 1
      told.settle()
    })
    await store.write(KEY, 1)
    await told.promise
    watching?.[Symbol.dispose]()
    expect(calls).toBe(1)
  })
})

describe('a process that is done', () => {
  for (const watchDriver of [false, true]) {
    it(`P12 ends, with a lease held and a watch open (watchDriver: ${watchDriver})`, async () => {
      const base = temporaryFolder()
      const node = ['--conditions=@evergrant/source', CHILD, base, String(watchDriver)]
      const { stdout, stderr } = await promisify(execFile)(process.execPath, node)
      expect([stdout, stderr]).toEqual(['1\n', ''])
      expect(readdirSync(join(base, 'evergrant'))).toEqual(['grant__default'])
      rmSync(base, { recursive: true })
    })
  }
})
