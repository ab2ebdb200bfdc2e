import { randomBytes } from 'node:crypto'
import { escapeIdentifier, Pool } from 'pg'
import { postgresStore, type PostgresStore, type PostgresStoreOptions } from '../../src/postgres.ts'

/** Where the tests find PostgreSQL. */
export const DATABASE_URL = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

/** A schema of this run's own, and stores in it. */
export interface PostgresPlace extends AsyncDisposable {
  readonly schema: string
  /** To look at the tables with, and to damage them. */
  readonly pool: Pool
  /** Opens a store on the tables of this place; the same prefix is the same tables. */
  open(options?: PostgresStoreOptions): PostgresStore
  /** A prefix that nobody has used. */
  freshPrefix(): string
}

export function postgresPlace(url = DATABASE_URL): PostgresPlace {
  const schema = `evergrant_test_${randomBytes(8).toString('hex')}`
  const pool = new Pool({ connectionString: url, max: 8 })
  pool.on('error', () => undefined)
  const stores = new Set<PostgresStore>()
  let prefixes = 0
  return {
    schema,
    pool,
    open(options = {}) {
      const store = postgresStore({ schema, ...('pool' in options ? {} : { url }), ...options })
      stores.add(store)
      return store
    },
    freshPrefix: () => `p${(prefixes += 1)}_`,
    async [Symbol.asyncDispose]() {
      await Promise.all([...stores].map((store) => store[Symbol.asyncDispose]()))
      await pool.query(`DROP SCHEMA IF EXISTS ${escapeIdentifier(schema)} CASCADE`)
      await pool.end()
    },
  }
}
