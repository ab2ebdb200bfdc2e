import { isEvergrantError, type Clock } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'
import { asUnavailable, isRefusal, tablesAreGone } from './failures.ts'
import { AS_TEXT, type PostgresConnection, type PostgresPool, type PostgresRow } from './pool.ts'
import type { Statement } from './statements.ts'
import { prepareTables, type Tables } from './tables.ts'
import { createTimeLimit, type TimeLimit } from './time-limit.ts'

export interface ServerOptions {
  readonly pool: PostgresPool
  readonly tables: Tables
  readonly clock: Clock
  /** Ms for one statement, with all that it takes to get there. */
  readonly timeout: number
}

/** A server that keeps its time: what it is asked ends in an answer or in an `EvergrantError`. */
export interface Server {
  /**
   * Runs one statement on the tables, which are made first if they are missing; gives its first row. It may run twice: a
   * connection that was kept since an earlier statement may have broken since, and nobody knows whether before this one.
   */
  ask(statement: Statement): Promise<PostgresRow | undefined>
  /** As `ask`; gives all rows. */
  askAll(statement: Statement): Promise<readonly PostgresRow[]>
  /** Runs one statement that needs no tables. */
  askPlainly(statement: Statement): Promise<PostgresRow | undefined>
}

// The statement under way hears of a broken connection by itself.
const ignore = (): void => undefined

export function createServer({ pool, tables, clock, timeout }: ServerOptions): Server {
  const { location } = tables
  /** Connections that have done something before. */
  const known = new WeakSet<PostgresConnection>()
  let prepared: Promise<void> | undefined

  function tooLate(): Error {
    const help =
      'Check that the server runs, can be reached from here and has connections to spare. Whether it still does what it ' +
      'was asked is not known.'
    return unavailable(location, `PostgreSQL did not answer for ${location} within ${timeout} ms`, help)
  }

  function prepare(connection: PostgresConnection): Promise<void> {
    const preparing = prepareTables(connection, tables)
    preparing.catch(() => (prepared = undefined))
    return preparing
  }

  async function lend<T>(use: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const limit = createTimeLimit({ clock, ms: timeout, reason: tooLate })
    try {
      for (;;) {
        const connection = await limit.race(pool.connect(), (late) => late.release())
        const kept = known.has(connection)
        known.add(connection)
        try {
          return await withConnection(connection, limit, use)
        } catch (error) {
          if (!kept || isEvergrantError(error) || isRefusal(error)) throw error
        }
      }
    } catch (error) {
      if (tablesAreGone(error)) prepared = undefined
      throw asUnavailable(location, error)
    } finally {
      limit[Symbol.dispose]()
    }
  }

  async function withConnection<T>(
    connection: PostgresConnection,
    limit: TimeLimit,
    use: (connection: PostgresConnection) => Promise<T>,
  ): Promise<T> {
    connection.on('error', ignore)
    let usable = false
    try {
      const result = await limit.race(use(connection))
      usable = true
      return result
    } catch (error) {
      usable = isRefusal(error)
      throw error
    } finally {
      // In this order: from the release on the pool listens.
      connection.release(!usable)
      connection.off('error', ignore)
    }
  }

  async function run(connection: PostgresConnection, { text, values }: Statement): Promise<readonly PostgresRow[]> {
    const { rows } = await connection.query({ text, values, types: AS_TEXT })
    return rows
  }

  function askAll(statement: Statement): Promise<readonly PostgresRow[]> {
    return lend(async (connection) => {
      await (prepared ??= prepare(connection))
      return run(connection, statement)
    })
  }

  return {
    ask: async (statement) => (await askAll(statement))[0],
    askAll,
    askPlainly: async (statement) => (await lend((connection) => run(connection, statement)))[0],
  }
}
