import { isStoreCorrupt, isStoreInsecure, isStoreUnavailable } from '@evergrant/core'
import { escapeIdentifier } from 'pg'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { nameTables } from '../../src/postgres/tables.ts'
import { failureOf } from '../support/failure-of.ts'
import { DATABASE_URL, postgresPlace } from './place.ts'

const KEY = 'grant/default'
const place = postgresPlace()
const { schema, pool } = place
afterAll(() => place[Symbol.asyncDispose]())

/** What stands in a schema: its tables, with their comments and columns. */
async function standing(name = schema): Promise<Record<string, unknown>> {
  const { rows } = await pool.query<{ table: string; comment: string; columns: string }>(
    `SELECT c.relname AS table, obj_description(c.oid, 'pg_class') AS comment,
       string_agg(a.attname || ' ' || a.atttypid::regtype, ', ' ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' GROUP BY c.oid ORDER BY 1`,
    [escapeIdentifier(name)],
  )
  return Object.fromEntries(rows.map(({ table, comment, columns }) => [table, { comment, columns }]))
}

function dropLater(name: string): void {
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${escapeIdentifier(name)} CASCADE`)))
}

describe('the tables of a postgres store', () => {
  it('are made once by many who start at once, with their schema', async () => {
    const fresh = `${schema}_fresh`
    dropLater(fresh)
    const stores = ['a_', 'b_'].flatMap((tablePrefix) =>
      Array.from({ length: 8 }, () => place.open({ schema: fresh, tablePrefix })),
    )
    await Promise.all(stores.map((store, index) => store.write(`key ${index}`, index)))
    const entries = {
      comment: 'evergrant entries, version 1: see postgresStore() of @evergrant/adapters',
      columns: 'key text, revision text, value text, written_at timestamp with time zone',
    }
    const leases = {
      comment: 'evergrant leases, version 1: see postgresStore() of @evergrant/adapters',
      columns: 'key text, fence bigint, holder uuid, expires_at timestamp with time zone',
    }
    expect(await standing(fresh)).toEqual({
      a_entries: entries,
      a_leases: leases,
      b_entries: entries,
      b_leases: leases,
    })
    expect((await pool.query(`SELECT FROM ${fresh}.a_entries`)).rowCount).toBe(8)
    await Promise.all(stores.map((store) => store.dispose()))
  })

  it('may have any name that PostgreSQL allows', async () => {
    const odd = `${schema} "it's" \\ $$ %s`
    dropLater(odd)
    const tablePrefix = `"; SELECT '$1' -- `
    const store = place.open({ schema: odd, tablePrefix })
    const revision = await store.write(KEY, 'odd')
    expect(await place.open({ schema: odd, tablePrefix }).read(KEY)).toEqual({ value: 'odd', revision })
    expect(Object.keys(await standing(odd))).toEqual([`${tablePrefix}entries`, `${tablePrefix}leases`])
  })

  for (const one of ['entries', 'leases'] as const) {
    it(`of a newer version (${one}) are an error, and nothing is touched`, async () => {
      const tablePrefix = place.freshPrefix()
      const tables = nameTables(schema, tablePrefix)
      await place.open({ tablePrefix }).write(KEY, 1)
      await pool.query(`COMMENT ON TABLE ${tables[one]} IS 'evergrant ${one}, version 2: news'`)
      // What is missing is not made either.
      if (one === 'entries') await pool.query(`DROP TABLE ${tables.leases}`)
      const before = await standing()
      const store = place.open({ tablePrefix })
      const { signal } = new AbortController()
      const calls = [
        () => store.read(KEY),
        () => store.write(KEY, 2),
        () => store.delete(KEY),
        () => store.lease(KEY, { ttl: 60_000, signal }),
      ]
      for (const call of calls) {
        const error = await failureOf(call())
        expect(error).toSatisfy(isStoreCorrupt)
        expect(String(error)).toContain('made by a newer evergrant (version 2 of the tables)')
      }
      expect(await standing()).toEqual(before)
      expect((await pool.query(`SELECT value FROM ${tables.entries}`)).rows).toEqual([{ value: '1' }])
    })
  }

  it('of somebody else are an error, and nothing is touched', async () => {
    const tablePrefix = place.freshPrefix()
    await place.open().read(KEY)
    await pool.query(`CREATE TABLE ${nameTables(schema, tablePrefix).entries} (theirs text)`)
    const before = await standing()
    const error = await failureOf(place.open({ tablePrefix }).write(KEY, 1))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(error).toMatchObject({ help: expect.stringContaining('Choose another tablePrefix or schema') as string })
    expect(await standing()).toEqual(before)
  })

  it('P11 are closed to others, and refused if somebody has opened them to everybody', async () => {
    const tablePrefix = place.freshPrefix()
    const { entries, leases } = nameTables(schema, tablePrefix)
    await place.open({ tablePrefix: place.freshPrefix() }).read(KEY)
    await pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO PUBLIC`)
    await place.open({ tablePrefix }).write(KEY, 1)
    await pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} REVOKE SELECT ON TABLES FROM PUBLIC`)
    expect((await place.open({ tablePrefix }).read(KEY))?.value).toBe(1)
    await pool.query(`GRANT SELECT ON ${entries} TO PUBLIC`)
    const error = await failureOf(place.open({ tablePrefix }).read(KEY))
    expect(error).toSatisfy(isStoreInsecure)
    const { help } = error as { readonly help: string }
    expect(help).toBe(`Run: REVOKE ALL ON ${entries} FROM PUBLIC; REVOKE ALL ON ${leases} FROM PUBLIC;`)
    await pool.query(help.slice('Run: '.length))
    expect((await place.open({ tablePrefix }).read(KEY))?.value).toBe(1)
  })

  it('are enough for a user who may not make any', async () => {
    const user = `${schema}_user`
    const { entries, leases } = nameTables(schema, 'evergrant_')
    await place.open().write(KEY, 1)
    await pool.query(`CREATE ROLE ${user} LOGIN`)
    onTestFinished(async () => void (await pool.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`)))
    const url = new URL(DATABASE_URL)
    url.username = user
    const store = place.open({ url: url.href })
    const refused = await failureOf(store.read(KEY))
    expect(refused).toSatisfy(isStoreUnavailable)
    expect(refused).toMatchObject({ message: expect.stringContaining('(42501)') as string })
    await pool.query(`GRANT USAGE ON SCHEMA ${schema} TO ${user}`)
    await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${entries}, ${leases} TO ${user}`)
    const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    await store.write(KEY, 2, { lease })
    await store.delete(KEY, { lease })
    await lease.release()
    await store.dispose()
  })

  it('that are dropped are made again, after one call that says so', async () => {
    const tablePrefix = place.freshPrefix()
    const { entries, leases } = nameTables(schema, tablePrefix)
    const store = place.open({ tablePrefix })
    await store.write(KEY, 1)
    await pool.query(`DROP TABLE ${entries}, ${leases}`)
    const error = await failureOf(store.read(KEY))
    expect(error).toSatisfy(isStoreUnavailable)
    expect(error).toMatchObject({ help: expect.stringContaining('The tables are gone') as string })
    expect(await store.read(KEY)).toBeNull()
  })
})
