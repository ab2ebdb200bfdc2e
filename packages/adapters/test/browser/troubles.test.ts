import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { callerOf } from './call-program.ts'
import { dump, meddle } from './meddling.ts'
import { createPageRig } from './page-rig.ts'
import type { TroublesProgram } from './pages/troubles.ts'

const ITEM = 'evergrant:grant/default'

const rig = createPageRig<TroublesProgram>('troubles')
const { call, open } = rig

const ok = { code: 'ok', message: '', help: '', leaks: [] }
const failed = (code: string, message: RegExp, help: RegExp) => ({
  code,
  message: expect.stringMatching(message) as string,
  help: expect.stringMatching(help) as string,
  leaks: [],
})

describe('Web Storage in trouble', () => {
  it('P11 full: says so, and what was stored is as it was', async () => {
    expect(await call('write', 'localStorage')).toEqual(ok)
    expect(await call('writeBig', 'localStorage')).toEqual(
      failed('store-unavailable', /QuotaExceededError/, /is full.*as it was/),
    )
    expect(await call('isWhole', 'localStorage')).toBe(true)
  })

  it.for<[string, (text: string) => string, RegExp, RegExp]>([
    ['cut in the middle', (text) => text.slice(0, text.length / 2), /no JSON/, /log in again/],
    ['that is a text', (text) => JSON.stringify(text), /damaged/, /log in again/],
    ['without a revision', (text) => text.replace('"revision"', '"r"'), /damaged/, /log in again/],
    ['of a newer version', (text) => text.replace('"version":1', '"version":2'), /newer/, /Update evergrant/],
  ])('P11 an item %s is reported, and not written over', async ([, spoil, message, help]) => {
    await call('write', 'localStorage')
    const spoiled = spoil((await rig.page.evaluate((name) => localStorage.getItem(name), ITEM)) ?? '')
    await rig.page.evaluate(([name, text]) => localStorage.setItem(name as string, text as string), [ITEM, spoiled])
    const corrupt = failed('store-corrupt', message, help)
    expect(await call('read', 'localStorage')).toEqual(corrupt)
    expect(await call('write', 'localStorage')).toEqual(corrupt)
    expect(await call('lease', 'localStorage')).toEqual(corrupt)
    expect(await rig.page.evaluate((name) => localStorage.getItem(name), ITEM)).toBe(spoiled)
  })

  it('is refused by name where the browser blocks it, in a frame without an origin', async () => {
    const frameOf = rig.page.waitForEvent('frameattached')
    await rig.page.evaluate(() => {
      const frame = document.createElement('iframe')
      frame.setAttribute('sandbox', 'allow-scripts')
      frame.src = '/'
      document.body.append(frame)
    })
    const frame = await frameOf
    await frame.waitForFunction(() => 'program' in globalThis)
    const blocked = failed('store-unavailable', /SecurityError/, /Allow site data/)
    for (const kind of ['localStorage', 'IndexedDB'] as const) {
      expect(await callerOf<TroublesProgram>(frame)('read', kind)).toEqual(blocked)
      expect(await callerOf<TroublesProgram>(frame)('lease', kind)).toEqual(blocked)
    }
  })

  it('P1 without Web Locks refuses to share localStorage, unless there is only one tab', async () => {
    const insecure = callerOf<TroublesProgram>(await open(rig.url.replace('127.0.0.1', 'insecure.test')))
    const refused = failed('store-unavailable', /no Web Locks/, /https.*sessionStorage.*oneTab/)
    for (const name of ['read', 'write', 'lease'] as const)
      expect(await insecure(name, 'localStorage')).toEqual(refused)
    expect(await insecure('sharing', 'localStorage')).toBe('process')
    for (const kind of ['one tab', 'sessionStorage'] as const) {
      expect(await insecure('lease', kind)).toEqual(ok)
      expect(await insecure('isWhole', kind)).toBe(true)
      expect(await insecure('sharing', kind)).toBe('process')
    }
    expect(await insecure('lease', 'IndexedDB')).toEqual(failed('store-unavailable', /no Web Locks/, /https/))
  })

  it('is missed by name in a worker', async () => {
    expect(await call('inWorker', 'read', 'localStorage')).toEqual(
      failed('store-unavailable', /no localStorage/, /indexedDbStore/),
    )
  })

  it('what another tab has written is waited for, however late it arrives here', async () => {
    await call('write', 'localStorage')
    await show(await open(), 7)
    const late = '{"version":1,"count":7,"revision":"late","value":"late"}'
    expect(await call('readBeforeArrival', ITEM, late)).toBe('late')
    expect(await call('write', 'localStorage')).toEqual(ok)
    expect(JSON.parse(await item())).toMatchObject({ count: 8 })
  })

  it('P12 what was cleared behind its back is not waited for in vain', async () => {
    await show(await open(), 7)
    expect(await call('read', 'hasty localStorage')).toEqual(ok)
    expect(await call('lease', 'hasty localStorage')).toEqual(ok)
    expect(await call('isWhole', 'hasty localStorage')).toBe(true)
  })

  it('P12 a tab that stands still in the middle of a write is passed over', async () => {
    await hold(await open(), 'evergrant/local-storage/evergrant:/write')
    expect(await call('write', 'hasty localStorage')).toEqual(ok)
  })

  it('tells of changes by others than evergrant', async () => {
    await call('write', 'localStorage')
    const other = await open()
    for (const change of [
      (name: string) => localStorage.setItem(name, 'by hand'),
      (name: string) => localStorage.removeItem(name),
      () => localStorage.clear(),
    ]) {
      await call('watch', 'localStorage')
      await other.evaluate((name) => localStorage.setItem(name, '{}'), 'something else')
      await other.evaluate(change, ITEM)
      expect(await call('told')).toBe('changed')
    }
  })

  const item = (): Promise<string> => rig.page.evaluate((name) => localStorage.getItem(name) ?? '', ITEM)

  /** The sign of a write whose effect may not have arrived yet. */
  const show = (other: Page, count: number): Promise<void> =>
    hold(other, `evergrant/local-storage/evergrant:/wrote/${count}/grant/default`)
})

/** Holds a lock, and does not answer for it. */
async function hold(other: Page, lock: string): Promise<void> {
  await other.evaluate(
    (name) =>
      new Promise<void>((held) => {
        navigator.locks.request(name, () => new Promise(() => held())).catch(() => undefined)
      }),
    lock,
  )
}

describe('IndexedDB in trouble', () => {
  it('P11 nothing of a value can be read in the database, and its key cannot be exported', async () => {
    await call('lease', 'IndexedDB')
    const text = await dump(rig.page)
    expect(text).toContain('grant/default')
    expect(text).toContain('key false')
    expect(await call('secretsIn', text)).toEqual([])
    // The search finds what is there.
    await call('write', 'localStorage')
    const plain = await rig.page.evaluate((name) => localStorage.getItem(name) ?? '', ITEM)
    expect(await call('secretsIn', plain)).not.toEqual([])
  })

  it.for<['swap' | 'tamper' | 'newer entry', RegExp, RegExp]>([
    ['tamper', /does not fit its seal/, /left as it is/],
    ['swap', /does not fit its seal/, /left as it is/],
    ['newer entry', /newer evergrant/, /update evergrant/],
  ])('P11 an entry after %s is reported', async ([work, message, help]) => {
    await call('write', 'IndexedDB')
    expect(await meddle(rig.page, 1, work)).toBe('done')
    expect(await call('read', 'IndexedDB')).toEqual(failed('store-corrupt', message, help))
  })

  it('P11 a key that is gone is not replaced while there are entries under it', async () => {
    await call('write', 'IndexedDB')
    await meddle(rig.page, 1, 'drop the key')
    const next = callerOf<TroublesProgram>(await open())
    const gone = failed('store-corrupt', /key of the database evergrant is gone/, /log in again/)
    expect(await next('read', 'IndexedDB')).toEqual(gone)
    expect(await next('write', 'IndexedDB')).toEqual(gone)
  })

  it('is there for workers too, with what the page has written', async () => {
    expect(await call('write', 'IndexedDB')).toEqual(ok)
    expect(await call('inWorker', 'lease', 'IndexedDB')).toEqual(ok)
    expect(await call('inWorker', 'read', 'IndexedDB')).toEqual(ok)
    expect(await call('sharing', 'IndexedDB')).toBe('host')
  })

  it('P12 an upgrade by a newer page is not held up, and the older page says what it met', async () => {
    await call('write', 'IndexedDB')
    expect(await meddle(rig.page, 2, 'nothing')).toBe('done')
    expect(await call('read', 'IndexedDB')).toEqual(failed('store-corrupt', /newer evergrant/, /Reload the page/))
  })

  it('a database that is deleted is begun anew, also with a page that had it open', async () => {
    await call('write', 'IndexedDB')
    const deleted = await rig.page.evaluate(
      () =>
        new Promise((resolve) => {
          const deleting = indexedDB.deleteDatabase('evergrant')
          deleting.addEventListener('success', () => resolve('deleted'))
          deleting.addEventListener('blocked', () => resolve('blocked'))
        }),
    )
    expect(deleted).toBe('deleted')
    expect(await call('isWhole', 'IndexedDB')).toBe(false)
    // The key of before is gone, and what it sealed nobody else could read.
    expect(await call('write', 'IndexedDB')).toEqual(ok)
    expect(await callerOf<TroublesProgram>(await open())('read', 'IndexedDB')).toEqual(ok)
  })

  it('P12 a database that another tab keeps to itself is given up after a while, and works again after', async () => {
    await rig.page.evaluate(async () => {
      const opening = indexedDB.open('evergrant', 1)
      await new Promise((resolve) => opening.addEventListener('success', resolve))
      Object.assign(globalThis, { kept: opening.result })
      // Waits for the connection above, and keeps everybody else waiting.
      indexedDB.deleteDatabase('evergrant')
    })
    expect(await call('read', 'impatient IndexedDB')).toEqual(
      failed('store-unavailable', /did not answer in time/, /Close the other tabs/),
    )
    await rig.page.evaluate(() => (globalThis as unknown as { kept: IDBDatabase }).kept.close())
    expect(await call('lease', 'impatient IndexedDB')).toEqual(ok)
  })

  it('one of another program is left alone', async () => {
    await rig.page.evaluate(async () => {
      const opening = indexedDB.open('evergrant', 1)
      opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('theirs'))
      await new Promise((resolve) => opening.addEventListener('success', resolve))
      opening.result.close()
    })
    expect(await call('lease', 'IndexedDB')).toEqual(failed('store-corrupt', /not of evergrant/, /another name/))
  })

  it('is missed by name where there is none', async () => {
    await rig.page.evaluate(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }))
    expect(await call('read', 'IndexedDB')).toEqual(failed('store-unavailable', /no IndexedDB/, /memoryStore/))
  })
})
