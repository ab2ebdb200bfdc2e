import { isEvergrantError, type Clock } from '@evergrant/core'
import { createVigil } from '../file/vigil.ts'
import { unavailable } from '../store/failures.ts'
import { nextTurn } from '../time/next-turn.ts'
import { pause } from '../time/pause.ts'
import { openDatabase, type Database } from './database.ts'
import { asFailure, isBusy, lockedByAnother, sqliteCodeOf } from './failures.ts'

export interface TransactionsOptions {
  readonly location: string
  /** Ms to wait for others who write. */
  readonly maxLockWait: number
  readonly clock: Clock
  /** Told after each commit of what is durable. */
  readonly committed: () => void
}

interface ChangeOptions {
  /** False for what need not outlive the machine's next start. Default true. */
  readonly durable?: boolean
  /** Ends the wait for others. */
  readonly signal?: AbortSignal
}

/** The one connection of a store. What goes wrong is an `EvergrantError`. */
export interface Transactions {
  readonly read: <T>(work: (database: Database) => T) => Promise<T>
  /** As `read`, at once; `null` if that is not possible just now. */
  readonly glance: <T>(work: (database: Database) => T) => T | null
  /**
   * Does `work` in a transaction, together with others who ask at the same time, so that they share one sync. Work that
   * throws an `EvergrantError` has changed nothing before; all work may be done twice.
   */
  readonly change: <T>(work: (database: Database) => T, options?: ChangeOptions) => Promise<T>
  /** Waits for what is under way, then refuses everything. */
  readonly end: () => Promise<void>
}

interface Job {
  readonly durable: boolean
  /** False once its caller has left. */
  readonly wanted: () => boolean
  /** Does it, and gives what tells its caller so. */
  readonly run: (database: Database) => () => void
  readonly fail: (error: unknown) => void
}

/** Bounds how long one transaction holds up this thread, and the others who write. */
const MOST_TOGETHER = 64
const LONGEST_STEP = 25

export function createTransactions({ location, maxLockWait, clock, committed }: TransactionsOptions): Transactions {
  const jobs: Job[] = []
  let present: Database | undefined
  let pumping: Promise<void> | undefined
  let ended = false

  function use<T>(work: (database: Database) => T): T {
    try {
      const database = (present ??= openDatabase(location))
      database.confirm()
      return work(database)
    } catch (error) {
      // What has failed once is looked at afresh next time: it may have been mended.
      if (sqliteCodeOf(error) !== null && !isBusy(error)) close()
      throw error
    }
  }

  function close(): void {
    present?.close()
    present = undefined
  }

  async function untilFree<T>(run: () => T): Promise<T> {
    const waiting = createVigil(clock)
    for (let step = 1; ; step = Math.min(2 * step, LONGEST_STEP)) {
      try {
        return run()
      } catch (error) {
        if (!isBusy(error)) throw asFailure(location, error)
        if (waiting.look('locked') >= maxLockWait) throw lockedByAnother(location, maxLockWait)
      }
      await pause(clock, step)
    }
  }

  async function commit(batch: readonly Job[]): Promise<void> {
    const durable = batch.some((job) => job.durable)
    let tell: readonly (() => void)[]
    try {
      tell = await untilFree(() => {
        // Some may have left while others had the database.
        const wanted = batch.filter((job) => job.wanted())
        return use((database) => database.transact(durable, () => wanted.map((job) => job.run(database))))
      })
    } catch (error) {
      if (batch.length === 1) return batch[0]?.fail(error)
      // One of them may be what cannot be written.
      for (const job of batch) await commit([job])
      return
    }
    for (const one of tell) one()
    if (durable) committed()
  }

  async function pump(): Promise<void> {
    while (jobs.length > 0) {
      await nextTurn()
      await commit(jobs.splice(0, MOST_TOGETHER))
    }
    pumping = undefined
  }

  function refuseWhenEnded(): void {
    if (ended) throw unavailable(location, `The store of ${location} was disposed of`, 'Open another one.')
  }

  return {
    async read(work) {
      refuseWhenEnded()
      return untilFree(() => use(work))
    },
    glance(work) {
      if (ended) return null
      try {
        return use(work)
      } catch {
        return null
      }
    },
    async change<T>(work: (database: Database) => T, { durable = true, signal }: ChangeOptions = {}) {
      refuseWhenEnded()
      signal?.throwIfAborted()
      let leave = (): void => undefined
      try {
        return await new Promise<T>((resolve, reject) => {
          leave = () => reject(signal?.reason as Error)
          signal?.addEventListener('abort', leave, { once: true })
          jobs.push(jobOf(work, { durable, signal, resolve, reject }))
          pumping ??= pump()
        })
      } finally {
        signal?.removeEventListener('abort', leave)
      }
    },
    async end() {
      ended = true
      await pumping
      close()
    },
  }
}

interface Caller<T> {
  readonly durable: boolean
  readonly signal: AbortSignal | undefined
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function jobOf<T>(work: (database: Database) => T, { durable, signal, resolve, reject }: Caller<T>): Job {
  return {
    durable,
    wanted: () => signal?.aborted !== true,
    fail: reject,
    run(database) {
      try {
        const result = work(database)
        return () => resolve(result)
      } catch (error) {
        if (!isEvergrantError(error)) throw error
        return () => reject(error)
      }
    },
  }
}
