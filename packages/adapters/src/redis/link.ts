import type { Clock } from '@evergrant/core'
import { bounded } from './bounded.ts'
import type { RedisConnection, Source } from './connection.ts'
import { disposed, failed, replyWord, tooLate } from './failures.ts'

/** The connection on which a store sends its commands. It is opened when needed, and again after each loss. */
export interface Link {
  /**
   * Does some work on the connection, within the time-out. If the connection breaks on the way and the work is
   * `repeatable`, it is done once more on the next. Rejects with `store-unavailable`, or with what the server replied.
   */
  run<T>(work: (connection: RedisConnection) => Promise<T>, repeatable: boolean): Promise<T>
  /** Closes the connection. From then on everything is refused. */
  close(): void
}

export interface LinkOptions extends Source {
  readonly clock: Clock
  /** Ms. */
  readonly timeout: number
}

interface Opening {
  readonly connection: RedisConnection
  readonly ready: Promise<unknown>
  /** Why it was lost. */
  cause?: unknown
}

interface Task<T> {
  readonly work: (connection: RedisConnection) => Promise<T>
  on: Opening | null
}

export function createLink({ open, location, clock, timeout }: LinkOptions): Link {
  let present: Opening | null = null
  let closed = false

  function drop(opening: Opening, cause: unknown): void {
    opening.cause ??= cause
    if (present === opening) present = null
    opening.connection.destroy()
  }

  function connect(): Opening {
    const connection = open()
    connection.unref()
    connection.on('error', (error) => drop(opening, error))
    const opening: Opening = { connection, ready: connection.connect() }
    opening.ready.catch((error: unknown) => drop(opening, error))
    return opening
  }

  async function attempt<T>(task: Task<T>, again: boolean): Promise<T> {
    if (closed) throw disposed(location)
    const opening = (task.on = present ??= connect())
    try {
      await opening.ready
    } catch (error) {
      throw closed ? disposed(location) : failed(location, error)
    }
    try {
      return await task.work(opening.connection)
    } catch (error) {
      if (replyWord(error) !== null) throw error
      drop(opening, error)
      if (closed) throw disposed(location)
      if (again) return await attempt(task, false)
      throw failed(location, opening.cause)
    }
  }

  return {
    run(work, repeatable) {
      const task = { work, on: null as Opening | null }
      const late = () => {
        const error = tooLate(location, timeout)
        // Whatever else is on this connection waits for the same silent server.
        if (task.on !== null) drop(task.on, error)
        return error
      }
      return bounded({ clock, ms: timeout, hold: true, late }, attempt(task, repeatable))
    },
    close() {
      closed = true
      if (present !== null) drop(present, disposed(location))
    },
  }
}
