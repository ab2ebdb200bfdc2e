import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { Client, escapeIdentifier } from 'pg'
import { createClient } from 'redis'
import type { StorePlan } from './replica-plan.ts'

/** A store, and a place in it of this run's own. */
export interface FoundStore {
  readonly plan: StorePlan
  /** For people, without a password. */
  readonly name: string
  /** Takes away what the run has left. */
  clear(): Promise<void>
}

export const NO_STORE = `\
There is neither PostgreSQL nor Redis here. Set DATABASE_URL or REDIS_URL, or start one of them:
  docker run --rm -p 6379:6379 redis
  docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres`

const PORTS = { postgres: 5_432, redis: 6_379 } as const
const LOCAL = { postgres: 'postgres://postgres@127.0.0.1:5432/postgres', redis: 'redis://127.0.0.1:6379' } as const
/** Ms in which a server of this machine answers, if there is one. */
const PATIENCE = 1_000

/** The store that the environment names, or one on its standard port; `null` if there is none. */
export async function findStore(wanted?: 'postgres' | 'redis'): Promise<FoundStore | null> {
  const { DATABASE_URL, REDIS_URL } = process.env
  const kinds = wanted === undefined ? (['postgres', 'redis'] as const) : [wanted]
  const named = { postgres: DATABASE_URL, redis: REDIS_URL }
  for (const kind of kinds) if (named[kind]) return storeAt(kind, named[kind])
  for (const kind of kinds) if (await answers(PORTS[kind])) return storeAt(kind, LOCAL[kind])
  return null
}

function storeAt(kind: 'postgres' | 'redis', url: string): FoundStore {
  const own = randomBytes(6).toString('hex')
  const { host } = new URL(url)
  if (kind === 'postgres') {
    const schema = `evergrant_cluster_${own}`
    const clear = () => dropSchema(url, schema)
    return { plan: { kind, url, schema }, name: `PostgreSQL at ${host}, in the schema ${schema}`, clear }
  }
  const prefix = `evergrant-cluster:${own}:`
  return { plan: { kind, url, prefix }, name: `Redis at ${host}, under ${prefix}`, clear: () => dropNames(url, prefix) }
}

async function dropSchema(url: string, schema: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(`DROP SCHEMA IF EXISTS ${escapeIdentifier(schema)} CASCADE`)
  await client.end()
}

async function dropNames(url: string, prefix: string): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  for await (const names of client.scanIterator({ MATCH: `${prefix}*` })) if (names.length > 0) await client.del(names)
  client.destroy()
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
    socket.setTimeout(PATIENCE, () => end(false))
  })
}
