import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { isStoreCorrupt, isStoreUnavailable } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { createStorage, type Driver } from 'unstorage'
import fsLite from 'unstorage/drivers/fs-lite'
import memory from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { unstorageStore } from '../src/unstorage.ts'
import { failureOf } from './support/failure-of.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { promised } from './unstorage/promised.ts'
import { storeOver } from './unstorage/store-over.ts'

const KEY = 'grant/default'
const NAME = 'evergrant:grant__default'
const CANARY = 'canary-in-a-coal-mine'
const signal = new AbortController().signal

describe('a driver that does not do what it is asked', () => {
  it('P7 a write that it drops in silence has failed', async () => {
    const base = temporaryFolder()
    await storeOver(fsLite({ base })).write(KEY, 'kept')
    const store = storeOver(fsLite({ base, readOnly: true }))
    for (const call of [() => store.write(KEY, 'lost'), () => store.delete(KEY)]) {
      const failure = await failureOf(call())
      expect(failure).toSatisfy(isStoreUnavailable)
      expect(String(failure)).toContain('The storage did not')
    }
    expect((await store.read(KEY))?.value).toBe('kept')
  })

  it('P7 a write that it keeps otherwise than it was has failed', async () => {
    const cutting = memory()
    const storing = cutting.setItem?.bind(cutting)
    const store = storeOver({
      ...cutting,
      setItem: (name, text, options) => storing?.(name, text.slice(0, -9), options),
    })
    expect(await failureOf(store.write(KEY, 'long enough'))).toSatisfy(isStoreCorrupt)
  })

  it('an error of the system that it gives as what it had read is one', async () => {
    const base = temporaryFolder()
    // Where the folder of the entries should be: reading beneath it is ENOTDIR.
    writeFileSync(join(base, 'evergrant'), 'a file')
    const failure = await failureOf(storeOver(fsLite({ base })).read(KEY))
    expect(failure).toMatchObject({ code: 'store-unavailable', message: `Cannot read ${NAME} (ENOTDIR)` })
  })

  it('P11 is not quoted, whatever it says', async () => {
    const tellAll = (...told: readonly unknown[]): never => {
      const text = `${CANARY} ${JSON.stringify(told)}`
      throw Object.assign(new Error(text, { cause: { text } }), { code: text, text })
    }
    for (const method of ['getItem', 'setItem', 'removeItem'] as const) {
      const driver = memory()
      const storage = createStorage({ driver })
      const store = unstorageStore(storage)
      await store.write(KEY, CANARY)
      Object.assign(driver, { [method]: tellAll })
      const calls = [() => store.read(KEY), () => store.write(KEY, CANARY), () => store.delete(KEY)]
      const failures = (await Promise.all(calls.map((call) => failureOf(call())))).filter((failure) => failure !== null)
      expect(failures.length).toBeGreaterThan(0)
      for (const failure of failures) {
        expect(failure).toSatisfy(isStoreUnavailable)
        expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
      }
    }
  })

  it('P12 one that never answers is given up after maxWait; nothing overtakes what it may still do', async () => {
    const clock = new VirtualClock()
    const driver = memory()
    const storing = driver.setItem?.bind(driver)
    const { promise: answer, settle: letGo } = promised()
    let stuck = true
    const setItem: Driver['setItem'] = async (name, text, options) => {
      if (stuck) await answer
      await storing?.(name, text, options)
    }
    const reading = driver.getItem.bind(driver)
    let reads = 0
    const getItem: Driver['getItem'] = (name, options) => {
      reads += 1
      return reading(name, options)
    }
    const store = storeOver({ ...driver, getItem, setItem }, { maxWait: 5_000, clock })
    const first = failureOf(store.write(KEY, 'late'))
    const second = failureOf(store.write(KEY, 'never begun'))
    await clock.advance(4_999)
    expect(clock.held).toBe(2)
    await clock.advance(1)
    for (const failure of [await first, await second]) {
      expect(failure).toSatisfy(isStoreUnavailable)
      expect(String(failure)).toContain('did not answer within 5000 ms')
    }
    stuck = false
    const third = store.read(KEY)
    const fourth = store.write(KEY, 'after')
    await (await store.lease(KEY, { ttl: 60_000, signal })).release()
    letGo()
    expect((await third)?.value).toBe('late')
    await fourth
    expect((await store.read(KEY))?.value).toBe('after')
    expect(clock.pending).toBe(0)
    // Two for each write that was made and one for each read; none for the write that was given up in the queue.
    expect(reads).toBe(6)
  })

  it('P12 a read that never ends blocks nobody once it is given up, nor does what waited behind it', async () => {
    const clock = new VirtualClock()
    const driver = memory()
    const reading = driver.getItem.bind(driver)
    let stuck = true
    const store = storeOver(
      { ...driver, getItem: (name, options) => (stuck ? new Promise(() => undefined) : reading(name, options)) },
      { maxWait: 5_000, clock },
    )
    const failures = [failureOf(store.read(KEY)), failureOf(store.write(KEY, 'never made'))]
    await clock.advance(5_000)
    for (const failure of await Promise.all(failures)) expect(failure).toSatisfy(isStoreUnavailable)
    stuck = false
    expect(await store.read(KEY)).toBe(null)
    await store.write(KEY, 'after', { expect: null })
    expect((await store.read(KEY))?.value).toBe('after')
    expect(clock.pending).toBe(0)
  })

  it('P12 a change whose read comes too late is not made', async () => {
    const clock = new VirtualClock()
    const driver = memory()
    const reading = driver.getItem.bind(driver)
    const { promise: answer, settle: letGo } = promised()
    const getItem: Driver['getItem'] = async (name, options) => {
      await answer
      return reading(name, options)
    }
    const store = storeOver({ ...driver, getItem }, { maxWait: 5_000, clock })
    const failure = failureOf(store.write(KEY, 'never made'))
    await clock.advance(5_000)
    expect(await failure).toSatisfy(isStoreUnavailable)
    letGo()
    await clock.settle()
    expect(await store.read(KEY)).toBe(null)
  })

  it('another entry does not wait for it', async () => {
    const driver = memory()
    const reading = driver.getItem.bind(driver)
    const store = storeOver(
      {
        ...driver,
        getItem: (name, options) => (name === NAME ? new Promise(() => undefined) : reading(name, options)),
      },
      { maxWait: 5_000, clock: new VirtualClock() },
    )
    store.read(KEY).catch(() => undefined)
    await store.write('grant/other', 1)
    expect((await store.read('grant/other'))?.value).toBe(1)
  })
})
