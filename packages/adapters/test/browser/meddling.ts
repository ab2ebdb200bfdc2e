import type { Page } from 'playwright-core'

/** Does something to the database with a connection of its own, as another program would. */
export function meddle(
  page: Page,
  version: number,
  work: 'nothing' | 'swap' | 'tamper' | 'drop the key' | 'newer entry',
): Promise<string> {
  return page.evaluate(
    async ([version, work]) => {
      let blocked = false
      const done = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.addEventListener('success', () => resolve(request.result))
          request.addEventListener('error', () => reject(request.error as Error))
        })
      const opening = indexedDB.open('evergrant', version)
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
    },
    [version, work] as const,
  )
}

/** Everything that lies in the database, as text. */
export const dump = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error as Error))
      })
    const database = await done(indexedDB.open('evergrant'))
    const names = [...database.objectStoreNames]
    const parts: string[] = []
    const tell = (value: unknown): string => {
      if (value instanceof CryptoKey) return `key ${value.extractable}`
      if (value instanceof ArrayBuffer) return tell(new Uint8Array(value))
      if (value instanceof Uint8Array)
        return ['latin1', 'utf-8'].map((code) => new TextDecoder(code).decode(value)).join()
      if (typeof value === 'object' && value !== null)
        return Object.entries(value)
          .map(([name, part]) => `${name}=${tell(part)}`)
          .join()
      return String(value)
    }
    for (const name of names) {
      const store = database.transaction(name).objectStore(name)
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())])
      parts.push(name, ...keys.map(String), ...values.map(tell))
    }
    database.close()
    return parts.join('\n')
  })
