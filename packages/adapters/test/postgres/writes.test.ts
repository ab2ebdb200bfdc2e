import { isStoreConflict, isStoreCorrupt } from '@evergrant/core'
import type { PoolClient } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import type { PostgresPool } from '../../src/postgres.ts'
import { nameTables } from '../../src/postgres/tables.ts'
import { failureOf } from '../support/failure-of.ts'
import { DATABASE_URL, postgresPlace } from './place.ts'

const KEY = 'grant/default'
const place = postgresPlace()
const { schema, pool } = place
afterAll(() => place[Symbol.asyncDispose]())

async function fresh() {
  const tablePrefix = place.freshPrefix()
  const store = place.open({ tablePrefix })
  const revision = await store.write(KEY, 'first')
  return { store, revision, tablePrefix, ...nameTables(schema, tablePrefix) }
}

/** Resolves once somebody waits for a lock that this connection has. */
async function untilBlocking(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const blocked = 'SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))'
  while ((await pool.query(blocked, [rows[0]?.pid])).rowCount === 0);
}

/** Runs statements in a transaction that is open while `meanwhile` begins and waits for it; then commits it. */
async function during<T>(statements: readonly string[], meanwhile: () => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement)
    const result = meanwhile()
    await untilBlocking(client)
    await client.query('COMMIT')
    return await result
  } finally {
    client.release()
  }
}

/** A pool whose connection breaks after the server has done what the next statement says, and before it could answer. */
function withLostAnswer(matching: RegExp) {
  let losing = true
  const faulty: PostgresPool = {
    options: pool.options,
    async connect() {
      const client = await pool.connect()
      const query = client.query.bind(client)
      const lose = async (asked: { readonly text: string }): Promise<unknown> => {
        const answer: unknown = await query(asked)
        if (!losing || !matching.test(asked.text)) return answer
        losing = false
        throw new Error('Connection terminated unexpectedly')
      }
      return Object.assign(client, { query: losing ? lose : query })
    },
    on: () => undefined,
    off: () => undefined,
  }
  return faulty
}

describe('a write to PostgreSQL', () => {
  for (const [title, change, leftBehind] of [
    ['changed', (entries: string) => `UPDATE ${entries} SET value = '"theirs"', revision = 'theirs'`, 'theirs'],
    ['deleted', (entries: string) => `DELETE FROM ${entries}`, undefined],
  ] as const) {
    for (const fenced of [false, true]) {
      it(`P1 meets an entry that is just being ${title} (${fenced ? 'fenced' : 'not fenced'}) and is refused`, async () => {
        const { store, revision, entries } = await fresh()
        const lease = fenced ? await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal }) : undefined
        const options = { expect: revision, ...(lease === undefined ? {} : { lease }) }
        for (const call of [() => store.write(KEY, 'mine', options), () => store.delete(KEY, options)]) {
          await pool.query(`DELETE FROM ${entries}`)
          await pool.query(`INSERT INTO ${entries} VALUES ($1, $2, '"first"', now())`, [KEY, revision])
          expect(await during([change(entries)], () => failureOf(call()))).toSatisfy(isStoreConflict)
          expect((await store.read(KEY))?.value).toBe(leftBehind)
        }
      })
    }
  }

  it('P1 that creates an entry meets another that is just being created, and is refused', async () => {
    const { store, entries } = await fresh()
    const theirs = `INSERT INTO ${entries} VALUES ('new', 'theirs', '"theirs"', now())`
    const error = await during([theirs], () => failureOf(store.write('new', 'mine', { expect: null })))
    expect(error).toSatisfy(isStoreConflict)
    expect((await store.read('new'))?.value).toBe('theirs')
  })

  it('P7 is on disk when it resolves, also for a user who does not wait for that', async () => {
    const { entries, leases, tablePrefix } = await fresh()
    await pool.query(`
      CREATE TABLE ${schema}.commits (by text, mode text);
      CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO ${schema}.commits VALUES (TG_ARGV[0], current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON ${entries}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${schema}.note('entry');
      CREATE CONSTRAINT TRIGGER noted AFTER INSERT OR UPDATE ON ${leases}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${schema}.note('lease')`)
    for (const [asked, found] of [
      ['off', 'on'],
      ['local', 'local'],
    ] as const) {
      const url = new URL(DATABASE_URL)
      url.searchParams.set('options', `-c synchronous_commit=${asked}`)
      const store = place.open({ url: url.href, tablePrefix })
      const lease = await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
      const revision = await store.write(KEY, 2, { lease })
      await store.write(KEY, 3, { expect: revision })
      await store.delete(KEY)
      await store.write(KEY, 4, { expect: null })
      const { rows } = await pool.query<{ by: string; mode: string }>(`DELETE FROM ${schema}.commits RETURNING *`)
      expect(rows.filter(({ by }) => by === 'entry')).toHaveLength(4)
      expect(new Set(rows.map(({ mode }) => mode))).toEqual(new Set([found]))
      await lease.release()
      await store.dispose()
      await pool.query(`DELETE FROM ${schema}.commits`)
    }
  })

  it('P7 whose answer is lost with a kept connection is found to be done', async () => {
    const { store, revision, tablePrefix } = await fresh()
    for (const expected of [revision, undefined]) {
      const shaky = place.open({ pool: withLostAnswer(/UPDATE .* SET value/s), tablePrefix })
      await shaky.read(KEY)
      const options = expected === undefined ? {} : { expect: expected }
      const written = await shaky.write(KEY, 'mine', options)
      expect(await store.read(KEY)).toEqual({ value: 'mine', revision: written })
      await shaky.dispose()
    }
  })

  it('P1 a lease whose answer is lost with a kept connection is held all the same', async () => {
    const { store, tablePrefix, leases } = await fresh()
    const shaky = place.open({ pool: withLostAnswer(/RETURNING present.fence/), tablePrefix })
    await shaky.read(KEY)
    const lease = await shaky.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
    await shaky.write(KEY, 'fenced', { lease })
    expect((await pool.query(`SELECT fence FROM ${leases}`)).rows).toEqual([{ fence: '2' }])
    await lease.release()
    await (await store.lease(KEY, { ttl: 60_000, signal: new AbortController().signal })).release()
    await shaky.dispose()
  })
})

describe('an entry that is damaged', () => {
  for (const damaged of ['', '{"half":', 'undefined', '{"token":"made-up-secret"']) {
    it(`is told and left as it is: ${damaged === '' ? 'nothing' : damaged}`, async () => {
      const { store, entries, revision } = await fresh()
      await store.write('grant/other', 'whole')
      await pool.query(`UPDATE ${entries} SET value = $1 WHERE key = $2`, [damaged, KEY])
      const error = await failureOf(store.read(KEY))
      expect(error).toSatisfy(isStoreCorrupt)
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('made-up-secret')
      expect(error).not.toHaveProperty('cause')
      expect((await store.read('grant/other'))?.value).toBe('whole')
      await expect(store.write(KEY, 'new', { expect: null })).rejects.toSatisfy(isStoreConflict)
      const { rows } = await pool.query(`SELECT value, revision FROM ${entries} WHERE key = $1`, [KEY])
      expect(rows).toEqual([{ value: damaged, revision }])
    })
  }
})
