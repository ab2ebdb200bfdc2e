import { nameTables } from '../../src/postgres/tables.ts'
import { createCuttableProxy } from '../network-store/cuttable-proxy.ts'
import type { CreateNetworkPlace } from '../network-store/place.ts'
import { startOwnServer } from './own-server.ts'
import { DATABASE_URL, postgresPlace } from './place.ts'

export const createPostgresPlace: CreateNetworkPlace = async ({ ownServer = false } = {}) => {
  const resources = new AsyncDisposableStack()
  const own = ownServer ? resources.use(await startOwnServer()) : null
  const url = own?.url ?? DATABASE_URL
  const { schema, pool } = resources.use(postgresPlace(url))
  const { leases } = nameTables(schema, 'evergrant_')
  const { hostname, port } = new URL(url)
  const proxy = resources.use(await createCuttableProxy({ host: hostname, port: Number(port === '' ? 5432 : port) }))
  const proxied = new URL(url)
  proxied.host = `${proxy.host}:${proxy.port}`
  const holders = 'holder IS NOT NULL AND expires_at > clock_timestamp()'

  return {
    proxy,
    opening: (way) => ({
      module: new URL('open-store.ts', import.meta.url).href,
      connection: { url: way === 'direct' ? url : proxied.href, schema },
    }),
    async takeLeaseAway(key) {
      const freed = `UPDATE ${leases} SET holder = NULL, expires_at = NULL WHERE key = $1 AND ${holders}`
      if ((await pool.query(freed, [key])).rowCount === 0) throw new Error(`nobody holds ${key}`)
    },
    async isLeaseHeld(key) {
      return (await pool.query(`SELECT FROM ${leases} WHERE key = $1 AND ${holders}`, [key])).rowCount === 1
    },
    async restart() {
      if (own === null) throw new Error('this server is shared')
      await own.restart()
    },
    async leftovers() {
      const { rows } = await pool.query<{ key: string }>(`SELECT key FROM ${leases} WHERE holder IS NOT NULL`)
      return rows.map(({ key }) => `lease of ${key}`)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
