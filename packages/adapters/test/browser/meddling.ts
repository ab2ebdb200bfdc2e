import type { Page } from 'playwright-core'

export interface Meddling {
  /** Name of the database. */
  readonly name: string
  /** Of the database; beyond that of the adapter, it is upgraded. */
  readonly version: number
  readonly work: 'nothing' | 'swap' | 'tamper' | 'drop the key' | 'newer entry'
}

/** Does something to the database of the adapter with a connection of its own, as another program would. */
export function meddle(page: Page, version: Meddling['version'], work: Meddling['work']): Promise<string> {
  return page.evaluate(meddleHere, { name: 'evergrant', version, work })
}

/** Everything that lies in the database of the adapter, as text. */
export const dump = (page: Page): Promise<string> => page.evaluate(dumpHere, 'evergrant')

/** In the page that calls it. It goes there as its own text, so it uses nothing from around it. */
export async function meddleHere({ name, version, work }: Meddling): Promise<string> {
  let blocked = false
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(request.error as Error))
    })
  const opening = indexedDB.open(name, version)
  opening.addEventListener('blocked', () => (blocked = true))
  const database = await done(opening)
  if (work !== 'nothing') {
    const transaction = database.transaction(['entries', 'keys'], 'readwrite')
    const entries = transaction.objectStore('entries')
    const entry = (await done(entries.get('grant/default'))) as { sealed: ArrayBuffer; revision: string }
    if (work === 'tamper') new Uint8Array(entry.sealed)[3]! ^= 1
    if (work === 'swap') entry.revision = 'earlier'
    if (work === 'newer entry') Object.assign(entry, { version: 2 })
    if (work === 'drop the key') await done(transaction.objectStore('keys').delete('seal'))
    await done(entries.put(entry, 'grant/default'))
  }
  database.close()
  return blocked ? 'blocked' : 'done'
}

/** As {@link meddleHere}. */
export async function dumpHere(name: string): Promise<string> {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(request.error as Error))
    })
  if (!(await indexedDB.databases()).some((known) => known.name === name)) return ''
  const database = await done(indexedDB.open(name))
  const names = [...database.objectStoreNames]
  const parts: string[] = []
  const tell = (value: unknown): string => {
    if (value instanceof CryptoKey) return `key ${value.extractable}`
    if (value instanceof ArrayBuffer) return tell(new Uint8Array(value))
    if (value instanceof Uint8Array)
      return ['latin1', 'utf-8'].map((code) => new TextDecoder(code).decode(value)).join()
    if (typeof value === 'object' && value !== null)
      return Object.entries(value)
        .map(([member, part]) => `${member}=${tell(part)}`)
        .join()
    return String(value)
  }
  for (const storeName of names) {
    const store = database.transaction(storeName).objectStore(storeName)
    const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())])
    parts.push(storeName, ...keys.map(String), ...values.map(tell))
  }
  database.close()
  return parts.join('\n')
}
