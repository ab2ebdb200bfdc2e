import { describeCanaries, type CanaryPlace, type VirtualClock } from '@evergrant/testing'
import { Client, Pool, type PoolClient } from 'pg'
import { afterAll, describe, it, vi } from 'vitest'
import type { PostgresPool } from '../../src/postgres.ts'
import { nameTables } from '../../src/postgres/tables.ts'
import { storePaths } from '../canaries/store-paths.ts'
import { createCuttableProxy, type CuttableProxy } from '../network-store/cuttable-proxy.ts'
import { DATABASE_URL, postgresPlace } from './place.ts'
import { inNoTime, timeless } from './standing-time.ts'

interface TablesPlace extends CanaryPlace {
  readonly proxy: CuttableProxy
  readonly schema: string
  /** The table, quoted; and names for others of this place. */
  readonly entries: string
  readonly prefix: string
  /** Runs before whatever the store asks next. */
  readonly run: (sql: string) => void
}

const place = postgresPlace()
const { schema } = place
afterAll(() => place[Symbol.asyncDispose]())

async function createPlace(clock: VirtualClock): Promise<TablesPlace> {
  const tablePrefix = place.freshPrefix()
  const { entries, leases, channel } = nameTables(schema, tablePrefix)
  const ear = new Client(DATABASE_URL)
  const heard: unknown[] = []
  ear.on('notification', (notification) => heard.push(notification))
  await ear.connect()
  await ear.query(`LISTEN ${channel}`)
  const { hostname, port } = new URL(DATABASE_URL)
  const proxy = await createCuttableProxy({ host: hostname, port: Number(port === '' ? 5432 : port) })
  const proxied = new URL(DATABASE_URL)
  proxied.host = `${proxy.host}:${proxy.port}`
  const through = new Pool({ connectionString: proxied.href, max: 2 })
  through.on('error', () => undefined)
  let pending: Promise<unknown> = Promise.resolve()
  const pool: PostgresPool = {
    options: through.options,
    async connect(): Promise<PoolClient> {
      await pending
      return through.connect()
    },
    on: () => undefined,
    off: () => undefined,
  }
  const store = place.open({ pool: inNoTime(pool, clock), tablePrefix, clock })
  // The tables are there before any trouble begins.
  await store.read('grant/default')
  return {
    proxy,
    schema,
    entries,
    prefix: tablePrefix,
    run: (sql) => void (pending = pending.then(() => place.pool.query(sql))),
    open: () => timeless(store),
    async visible() {
      const ours = 'SELECT query, application_name FROM pg_stat_activity WHERE strpos(query, $1) > 0'
      const { rows: statements } = await place.pool.query(ours, [tablePrefix])
      const { rows: held } = await place.pool.query(`SELECT * FROM ${leases}`)
      return { statements, held, heard: heard.splice(0) }
    },
    async dispose() {
      await store.dispose()
      await through.end()
      await proxy[Symbol.asyncDispose]()
      await ear.end()
    },
  }
}

/** Spoils the values of all rows, and mends what nobody has written anew. */
function spoiled(value: string) {
  return ({ schema, entries, prefix, run }: TablesPlace) => {
    const kept = `${schema}.${prefix}kept`
    run(`CREATE TABLE IF NOT EXISTS ${kept} (LIKE ${entries})`)
    run(`DELETE FROM ${kept}`)
    run(`INSERT INTO ${kept} SELECT * FROM ${entries}`)
    run(`UPDATE ${entries} SET value = ${value}`)
    return () =>
      run(`UPDATE ${entries} now SET value = was.value FROM ${kept} was
        WHERE now.key = was.key AND now.revision = was.revision`)
  }
}

/** Makes the server refuse every row, in words that quote it. */
function refused(check: string) {
  return ({ entries, run }: TablesPlace) => {
    run(`ALTER TABLE ${entries} ADD CONSTRAINT refused CHECK (${check}) NOT VALID`)
    return () => run(`ALTER TABLE ${entries} DROP CONSTRAINT refused`)
  }
}

function cable(trouble: (proxy: CuttableProxy) => void) {
  return ({ proxy }: TablesPlace) => {
    trouble(proxy)
    return () => proxy.restore()
  }
}

// A walk takes a second, and many times that on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

describeCanaries(
  'the postgres store',
  {
    createPlace,
    troubles: {
      'rows that are cut in the middle': spoiled('left(value, length(value) / 2)'),
      'rows that are no JSON': spoiled(`replace(value, '"', '')`),
      'rows that are JSON of another kind': spoiled('to_json(value)::text'),
      'a server that refuses a row and quotes it': refused('false'),
      'a server that stumbles over a row and quotes it': refused('value::int > 0'),
      'tables that are gone': ({ schema, entries, prefix, run }) => {
        run(`ALTER TABLE ${entries} RENAME TO ${prefix}gone`)
        return () => {
          run(`DROP TABLE IF EXISTS ${entries}`)
          run(`ALTER TABLE ${schema}.${prefix}gone RENAME TO ${prefix}entries`)
        }
      },
      'a server that cannot be reached': cable((proxy) => proxy.cut()),
      'connections that break': cable((proxy) => proxy.drop()),
    },
  },
  storePaths('postgres', { describe, it: it.concurrent }),
)
