import type { TokenStore } from '@evergrant/core'
import { indexedDbStore } from '../../src/indexeddb.ts'
import { webStorageStore } from '../../src/web-storage.ts'
import { dumpHere, meddleHere, type Meddling } from './meddling.ts'

/** Where it goes wrong: items whose names begin so, or a database of this name. */
interface Ground {
  readonly name: string
}

type Mend = () => Promise<void> | void

const KEY = 'grant/default'

/** Puts another text in the place of the item, and back. */
export function replaced(change: (text: string) => string) {
  return ({ name }: Ground): Mend => {
    const kept = localStorage.getItem(name + KEY)
    localStorage.setItem(name + KEY, change(kept ?? ''))
    return () => (kept === null ? localStorage.removeItem(name + KEY) : localStorage.setItem(name + KEY, kept))
  }
}

/** Puts what another store has written in the place of the entry, and the former back. */
export function planted(open: (name: string) => TokenStore) {
  return async ({ name }: Ground): Promise<Mend> => {
    const items = webStorageStore({ prefix: name })
    const kept = await items.read(KEY)
    await open(name).write(KEY, { version: 1 }, { expect: kept?.revision ?? null })
    return async () => void (await (kept === null ? items.delete(KEY) : items.write(KEY, kept.value)))
  }
}

/** Not a character more goes in. */
export function fillStorage({ name }: Ground): Mend {
  const fillers: string[] = []
  for (let size = 2 ** 23; size >= 1;) {
    const filler = `${name}filler-${fillers.length}`
    try {
      localStorage.setItem(filler, 'x'.repeat(size))
      fillers.push(filler)
    } catch {
      size /= 2
    }
  }
  return () => fillers.forEach((filler) => localStorage.removeItem(filler))
}

/** As for a page without an origin, or one whose site data are not allowed. */
export function blockStorage(): Mend {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'localStorage') ?? {}
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get() {
      throw new DOMException('Access is denied for this document.', 'SecurityError')
    },
  })
  return () => void Object.defineProperty(globalThis, 'localStorage', own)
}

/** Of a database that has an entry; the database is gone with its mending. */
export function meddled(work: Meddling['work'], version = 1) {
  return async ({ name }: Ground): Promise<Mend> => {
    if (!(await dumpHere(name)).includes(KEY)) await indexedDbStore({ database: name }).write(KEY, { version: 1 })
    await meddleHere({ name, version, work })
    return () => deleteDatabase(name)
  }
}

/** Waits for those who have it open. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name)
    deleting.addEventListener('success', () => resolve())
    deleting.addEventListener('error', () => reject(deleting.error as Error))
  })
}
