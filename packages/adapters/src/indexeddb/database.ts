import type { Clock } from '@evergrant/core'
import { corrupt, unavailable } from '../store/failures.ts'
import { nameOf, refused } from '../tabs/failures.ts'
import { committed } from './requests.ts'

/** The object stores of version 1, all with keys beside their values. */
type StoreName = 'entries' | 'leases' | 'keys'

export interface Database {
  /**
   * Runs one transaction to its end. Inside `work` only requests of the transaction may be awaited. What `work` throws
   * undoes it. While a connection is open, the database cannot be deleted: what was read of it holds for as long.
   */
  run<T>(
    mode: 'readonly' | 'readwrite',
    names: readonly StoreName[],
    work: (store: (name: StoreName) => IDBObjectStore, connection: IDBDatabase) => Promise<T>,
  ): Promise<T>
}

export interface DatabaseOptions {
  readonly name: string
  readonly clock: Clock
  /** Ms for one transaction, the opening of the database included. */
  readonly maxWait: number
}

const VERSION = 1
/** Ms without a transaction after which the connection is closed. To open it takes about one. */
const IDLE_FOR = 1_000
const STORES: readonly StoreName[] = ['entries', 'leases', 'keys']

/**
 * A connection that is opened when it is needed. It is closed once idle, and at once when somebody wants to upgrade or
 * delete the database: a tab that is frozen later is to hold up nobody.
 */
export function createDatabase({ name, clock, maxWait }: DatabaseOptions): Database {
  let connection: Promise<IDBDatabase> | undefined
  let running = 0
  let idle: Disposable | undefined

  function open(): Promise<IDBDatabase> {
    if (connection !== undefined) return connection
    const opening = openDatabase(name, forget)
    function forget(): void {
      if (connection === opening) connection = undefined
    }
    opening.catch(forget)
    connection = opening
    return opening
  }

  function closeWhenIdle(): void {
    idle?.[Symbol.dispose]()
    if (running > 0) return
    idle = clock.alarm(clock.monotonic() + IDLE_FOR, () => {
      const closing = connection
      if (running > 0 || closing === undefined) return
      connection = undefined
      closing.then(
        (database) => database.close(),
        () => undefined,
      )
    })
  }

  async function begin(mode: IDBTransactionMode, names: readonly StoreName[]): Promise<IDBTransaction> {
    const start = async (): Promise<IDBTransaction> =>
      (await open()).transaction([...names], mode, mode === 'readwrite' ? { durability: 'strict' } : {})
    try {
      return await start()
    } catch (error) {
      // The connection was closed in between.
      if (nameOf(error) !== 'InvalidStateError') throw error
      connection = undefined
      return start()
    }
  }

  return {
    async run(mode, names, work) {
      let transaction: IDBTransaction | undefined
      let late: Error | undefined
      const patience = bound(clock, maxWait, () => {
        abort(transaction)
        return (late = slow(name))
      })
      async function carryOut() {
        const begun = await begin(mode, names)
        transaction = begun
        const end = committed(begun)
        // Told by what `work` rejects with, if that comes first.
        end.catch(() => undefined)
        try {
          if (late !== undefined) throw late
          const result = await work((store) => begun.objectStore(store), begun.db)
          await end
          return result
        } catch (error) {
          abort(begun)
          throw error
        }
      }
      running += 1
      try {
        return await Promise.race([carryOut(), patience.passed])
      } catch (error) {
        if (nameOf(error) === 'VersionError') throw newer(name)
        if (nameOf(error) === 'NotFoundError') throw foreign(name)
        throw refused(name, 'use the database', error)
      } finally {
        running -= 1
        patience[Symbol.dispose]()
        closeWhenIdle()
      }
    },
  }
}

function openDatabase(name: string, gone: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION)
    request.addEventListener('upgradeneeded', ({ oldVersion }) => {
      if (oldVersion < 1) for (const store of STORES) request.result.createObjectStore(store)
    })
    request.addEventListener('error', () => reject(request.error as Error))
    request.addEventListener('success', () => {
      const database = request.result
      // A newer version of the page, or a deletion, waits for this.
      database.addEventListener('versionchange', () => {
        gone()
        database.close()
      })
      database.addEventListener('close', gone)
      resolve(database)
    })
  })
}

function abort(transaction: IDBTransaction | undefined): void {
  try {
    transaction?.abort()
  } catch {
    // It has ended by itself.
  }
}

/** Rejects once the time is up. */
function bound(clock: Clock, ms: number, reason: () => Error): Disposable & { readonly passed: Promise<never> } {
  let alarm: Disposable | undefined
  const passed = new Promise<never>((_, reject) => {
    alarm = clock.alarm(clock.monotonic() + ms, () => reject(reason()))
  })
  return { passed, [Symbol.dispose]: () => alarm?.[Symbol.dispose]() }
}

const slow = (name: string): Error =>
  unavailable(
    name,
    `The database ${name} did not answer in time`,
    'Another tab may be holding it up, with an old version of the page or a transaction of its own. Close the other tabs of this site.',
  )

const newer = (name: string): Error =>
  corrupt(
    name,
    `The database ${name} was made by a newer evergrant`,
    'Reload the page, or update evergrant. It was left as it is.',
  )

const foreign = (name: string): Error =>
  corrupt(
    name,
    `The database ${name} is not of evergrant`,
    'Another program made it: pass another name with { database }. It was left as it is.',
  )
