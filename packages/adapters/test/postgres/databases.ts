import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import { DATABASE_URL } from './place.ts'

/** A database of one test's own, where a schema will not do. */
export interface OwnDatabase extends AsyncDisposable {
  readonly url: string
  /** Drops one on the same server, if it is there. */
  drop(name: string): Promise<void>
}

export async function createDatabase(): Promise<OwnDatabase> {
  const name = `evergrant_test_${randomBytes(8).toString('hex')}`
  const url = new URL(DATABASE_URL)
  url.pathname = `/${name}`

  async function ask(statement: string): Promise<void> {
    const client = new Client({ connectionString: DATABASE_URL })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
  const drop = (database: string): Promise<void> =>
    ask(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`)

  await ask(`CREATE DATABASE ${escapeIdentifier(name)}`)
  return { url: url.href, drop, [Symbol.asyncDispose]: () => drop(name) }
}
