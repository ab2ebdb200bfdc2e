import { createHash, randomUUID } from 'node:crypto'
import { invalidOptions, type Json, type TokenStore, type WriteOptions } from '@evergrant/core'
import { openConnections } from './postgres/connections.ts'
import { createLeases } from './postgres/leases.ts'
import { createListener } from './postgres/listener.ts'
import { checkOptions, type PostgresStoreOptions } from './postgres/options.ts'
import { createServer } from './postgres/server.ts'
import { statementsFor, type Change, type Statement } from './postgres/statements.ts'
import { nameTables } from './postgres/tables.ts'
import { corrupt, unavailable } from './store/failures.ts'
import { jsonText } from './store/json-text.ts'
import { keyRange } from './store/key-range.ts'
import { conflict, leaseLost } from './store/refusals.ts'

export type { PostgresStoreOptions } from './postgres/options.ts'
export type { PostgresConnection, PostgresPool, PostgresQuery, PostgresRow } from './postgres/pool.ts'

/** A store that ends with its connections: `await using store = postgresStore({ url })`. */
export interface PostgresStore extends TokenStore, AsyncDisposable {
  readonly sharing: 'network'
  time(): Promise<number>
  keys(prefix: string): Promise<readonly string[]>
  /** Gives back the leases, ends waits, and closes the connections of the store once what is under way is done. */
  dispose(): Promise<void>
}

/**
 * Keeps accounts in a PostgreSQL database (13 or later) that any number of hosts share, over the `pg` package.
 *
 * Two tables are made when they are first needed, if they are missing. Their comments name their version, which is 1.
 *
 * `<schema>.<prefix>entries`, one row for each entry:
 * - `key text`: primary key, compared byte by byte
 * - `revision text`: a UUID, another with each write
 * - `value text`: JSON, with tokens in clear. Who may read the table has them, and a server that logs parameters logs
 *   them too; the store of `/encrypted` around this one seals them
 * - `written_at timestamptz`: of the last write, for people
 *
 * `<schema>.<prefix>leases`, one row for each key that was ever leased:
 * - `key text`: primary key, compared byte by byte
 * - `fence bigint`: the fencing number, one more with each holder
 * - `holder uuid`: names the present acquisition; null when free
 * - `expires_at timestamptz`: by the server's clock; from then on anybody may take it. Null when free
 *
 * Nobody but their owner may use them, until somebody grants it. Whoever edits an entry by hand changes its `revision`
 * too; hosts hear of it at their next look.
 *
 * A write is one statement, committed to disk before it resolves, whatever `synchronous_commit` the user has. Changes
 * are told by NOTIFY, as a hash of the key. One connection listens while somebody watches or waits for a lease; when it
 * is made anew, all that is watched counts as changed. Through PgBouncer in transaction mode all works but LISTEN: see
 * `listen`. An idle store with `url` keeps no process alive; with `pool` that is up to its `allowExitOnIdle`. A `pool`
 * gets a listener for `error`, so that a connection that breaks does not end the process.
 *
 * Errors, each with what to do next in `help`:
 * - `store-unavailable`: the server cannot be reached, refuses, or does not answer within `timeout`; or the store was
 *   disposed of. Of what went wrong only the code is told: the words of a server may quote what was stored
 * - `store-corrupt`: an entry that is no JSON; tables of another program or of a newer version. Nothing is touched then
 * - `store-insecure`: every user of the database may use the tables
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: also a key that PostgreSQL cannot
 *   hold, and a value that is not JSON
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  const checked = checkOptions(options)
  const { schema, tablePrefix, timeout, clock } = checked
  const connections = openConnections(checked)
  const tables = nameTables(schema, tablePrefix)
  const { location, channel } = tables
  const statements = statementsFor(tables)
  const server = createServer({ pool: connections.pool, tables, clock, timeout })
  const { createListening } = connections
  const listener = createListening && createListener({ channel, createClient: createListening, clock, timeout })
  const closing = new AbortController()
  const { signal: closed } = closing
  const leases = createLeases({ server, statements, listener, topicOf: leaseTopic, clock, closed })
  let ending: Promise<void> | undefined

  async function change(
    { key, expect, lease }: WriteOptions & { readonly key: string },
    statementOf: (terms: Change) => Statement,
  ): Promise<{ readonly held: boolean; readonly done: boolean; readonly there: boolean }> {
    const fence = lease && leases.fence(lease)
    const row = await server.ask(statementOf({ key, topic: entryTopic(key), expect, fence }))
    return { held: row?.['held'] === '1', done: row?.['done'] === '1', there: row?.['there'] === '1' }
  }

  function check(key: string): void {
    closed.throwIfAborted()
    // Neither survives the way into a text of PostgreSQL; two keys might become one.
    if (key.includes('\0') || /\p{Surrogate}/u.test(key)) {
      throw invalidOptions('key', 'is a text that PostgreSQL cannot hold', 'Leave out NUL and halves of characters.')
    }
  }

  const dispose = (): Promise<void> => (ending ??= end())

  async function end(): Promise<void> {
    closing.abort(unavailable(location, `The store of ${location} was disposed of`, 'Open another one.'))
    await leases.end()
    await listener?.end()
    await connections.end()
  }

  return {
    sharing: 'network',
    async read(key) {
      check(key)
      const row = await server.ask(statements.read(key))
      return row === undefined ? null : { value: parseJson(location, row['value']), revision: row['revision'] ?? '' }
    },
    async write(key, value, writeOptions = {}) {
      check(key)
      const text = jsonText(value)
      const revision = randomUUID()
      const statementOf = (terms: Change) => statements.write({ ...terms, text, revision })
      const { held, done, there } = await change({ ...writeOptions, key }, statementOf)
      if (!done && !there) throw held ? conflict(key) : leaseLost(writeOptions.lease?.key ?? key)
      return revision
    },
    async delete(key, writeOptions = {}) {
      check(key)
      const { expect, lease } = writeOptions
      const { held, done, there } = await change({ ...writeOptions, key }, (terms) => statements.delete(terms))
      if (!held) throw leaseLost(lease?.key ?? key)
      if (!done && (typeof expect === 'string' || (expect === null && there))) throw conflict(key)
    },
    async lease(key, leaseOptions) {
      check(key)
      return leases.acquire(key, leaseOptions)
    },
    ...(listener && { watch: (key: string, changed: () => void) => listener.listen(entryTopic(key), changed) }),
    async keys(prefix) {
      check(prefix)
      return (await server.askAll(statements.keys(keyRange(prefix)))).map(({ key }) => key ?? '')
    },
    async time() {
      closed.throwIfAborted()
      return Number((await server.askPlainly(statements.time()))?.['time'])
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

const entryTopic = (key: string) => topic('entry', key)
const leaseTopic = (key: string) => topic('lease', key)

/** Hashed: whoever may connect to the database may listen, and a payload has 8000 bytes. */
function topic(kind: 'entry' | 'lease', key: string): string {
  return `${kind} ${createHash('sha256').update(key).digest('base64url')}`
}

function parseJson(location: string, text: string | null | undefined): Json {
  try {
    return JSON.parse(text ?? '') as Json
  } catch {
    // Without the cause: a parser quotes what it could not read, and that may be a secret.
    const help = 'It was left as it is. Restore the row from a backup, or delete it and log in again.'
    throw corrupt(location, `A row of ${location} is damaged: its value is no JSON`, help)
  }
}
