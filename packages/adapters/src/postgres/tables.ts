import { createHash } from 'node:crypto'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { corrupt, insecure } from '../store/failures.ts'
import { AS_TEXT, type PostgresConnection } from './pool.ts'

/** The two tables of a store, and what else goes by their name. */
export interface Tables {
  /** What messages call them. */
  readonly location: string
  readonly schema: string
  readonly names: readonly [entries: string, leases: string]
  /** Quoted, with their schema. */
  readonly entries: string
  readonly leases: string
  /** Where changes are announced. */
  readonly channel: string
}

const VERSION = 1
/** One for the whole database, since stores with other tables may be about to make the same schema. `evergran` in ASCII. */
const LOCK = '7311142587118805358'
/** As their comments have it, since a third table for one number would be one more to lose. */
const COMMENT = /^evergrant (?:entries|leases), version (\d+)\b/

export function nameTables(schema: string, tablePrefix: string): Tables {
  const names = [`${tablePrefix}entries`, `${tablePrefix}leases`] as const
  const [entries, leases] = names.map((name) => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`) as [
    string,
    string,
  ]
  // Hashed, since a channel has 63 bytes for what may be 126.
  const mark = createHash('sha256')
    .update(JSON.stringify([schema, tablePrefix]))
    .digest('hex')
    .slice(0, 32)
  return {
    location: `${schema}.${names[0]}`,
    schema,
    names,
    entries,
    leases,
    channel: `evergrant_${mark}`,
  }
}

/** Makes what is missing. Throws, and touches nothing, if something is there that this version cannot work with. */
export async function prepareTables(connection: PostgresConnection, tables: Tables): Promise<void> {
  if (await areThere(connection, tables)) return
  await connection.query({ text: creationOf(tables), types: AS_TEXT })
  // Somebody else may have been quicker, perhaps in another version.
  await areThere(connection, tables)
}

/** By one snapshot: functions such as `to_regclass` see a table that was just made, and not yet its comment. */
const LOOK = `
  SELECT d.description AS comment,
    has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')::text AS open
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])`

async function areThere(connection: PostgresConnection, tables: Tables): Promise<boolean> {
  const { schema, names, entries, leases, location } = tables
  const { rows } = await connection.query({ text: LOOK, values: [schema, [...names]], types: AS_TEXT })
  for (const row of rows) {
    checkVersion(tables, row['comment'] ?? '')
    if (row['open'] === 'true') {
      const help = `Run: REVOKE ALL ON ${entries} FROM PUBLIC; REVOKE ALL ON ${leases} FROM PUBLIC;`
      throw insecure(location, `Every user of the database may use ${location} or its neighbour`, help)
    }
  }
  return rows.length === names.length
}

function checkVersion({ location, entries, leases }: Tables, comment: string): void {
  const version = COMMENT.exec(comment)?.[1]
  if (version === undefined) {
    const help =
      'Choose another tablePrefix or schema. If they are, and a restore has dropped the comments, run: ' +
      `${commentOn(entries, 'entries')}; ${commentOn(leases, 'leases')}; Nothing was changed.`
    throw corrupt(location, `${location} and its neighbour are not tables of evergrant`, help)
  }
  if (Number(version) > VERSION) {
    const help = `Update evergrant: this version knows up to ${VERSION}. Nothing was changed.`
    throw corrupt(location, `${location} was made by a newer evergrant (version ${version} of the tables)`, help)
  }
}

function commentOn(table: string, name: 'entries' | 'leases'): string {
  const help = 'see postgresStore() of @evergrant/adapters'
  return `COMMENT ON TABLE ${table} IS 'evergrant ${name}, version ${VERSION}: ${help}'`
}

/**
 * One transaction: the statements of one simple query are. The lock makes those who start at once wait for the first,
 * since `IF NOT EXISTS` does not; it goes with the transaction.
 */
function creationOf({ schema, entries, leases }: Tables): string {
  return `
    SELECT pg_advisory_xact_lock(${LOCK});
    ${unlessThere(`to_regnamespace(${escapeLiteral(escapeIdentifier(schema))})`, [
      `CREATE SCHEMA ${escapeIdentifier(schema)}`,
    ])};
    ${unlessThere(`to_regclass(${escapeLiteral(entries)})`, [
      `CREATE TABLE ${entries} (
        key text COLLATE "C" PRIMARY KEY,
        revision text NOT NULL,
        value text NOT NULL,
        written_at timestamptz NOT NULL
      )`,
      commentOn(entries, 'entries'),
      `REVOKE ALL ON ${entries} FROM PUBLIC`,
    ])};
    ${unlessThere(`to_regclass(${escapeLiteral(leases)})`, [
      `CREATE TABLE ${leases} (
        key text COLLATE "C" PRIMARY KEY,
        fence bigint NOT NULL,
        holder uuid,
        expires_at timestamptz
      )`,
      commentOn(leases, 'leases'),
      `REVOKE ALL ON ${leases} FROM PUBLIC`,
    ])}`
}

function unlessThere(found: string, statements: readonly string[]): string {
  return `DO ${escapeLiteral(`BEGIN IF ${found} IS NULL THEN ${statements.join('; ')}; END IF; END`)}`
}
