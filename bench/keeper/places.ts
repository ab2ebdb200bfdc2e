import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { postgresStore } from '@evergrant/adapters/postgres'
import { sqliteStore } from '@evergrant/adapters/sqlite'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore, type Json, type TokenStore } from '@evergrant/core'
import { createKeeper } from '@evergrant/keeper'
import { fakeTastytrade } from '@evergrant/testing'
import { Client } from 'pg'
import { SEALING_KEY, type PlaceAddress } from './orders.ts'

/** Where a keeper of the bench has its accounts. */
export interface Place extends AsyncDisposable {
  readonly address: PlaceAddress
}

const DATABASE_URL = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const AT_ONCE = 256

export type PlaceKind = PlaceAddress['kind']

export const nameOf = (index: number): string => `account-${String(index).padStart(6, '0')}`

export function openPlace(address: PlaceAddress): TokenStore & AsyncDisposable {
  if (address.kind === 'sqlite') return sqliteStore({ file: address.file })
  return postgresStore({ url: address.url, schema: address.schema })
}

/** Which of them there are on this machine. */
export async function placesHere(): Promise<readonly PlaceKind[]> {
  const client = new Client({ connectionString: DATABASE_URL, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    await client.end()
    return ['sqlite', 'postgres']
  } catch {
    return ['sqlite']
  }
}

/** A place with so many accounts, which were posted and never used. */
export async function createPlace(
  kind: PlaceKind,
  accounts: number,
  onProgress: (text: string) => void,
): Promise<Place> {
  const place = kind === 'sqlite' ? sqlitePlace() : postgresPlace()
  await using inner = openPlace(place.address)
  const store = encryptedStore(inner, { key: SEALING_KEY })
  const record = await postedRecord()
  for (let from = 0; from < accounts; from += AT_ONCE) {
    if (from % (40 * AT_ONCE) === 0) onProgress(`storing account ${from} of ${accounts} (${kind})`)
    const names = Array.from({ length: Math.min(AT_ONCE, accounts - from) }, (_, index) => nameOf(from + index))
    await Promise.all(names.map((name) => store.write(`grant/${name}`, record, { expect: null })))
  }
  return place
}

function sqlitePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
  return {
    address: { kind: 'sqlite', file: join(folder, 'accounts.sqlite') },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  }
}

function postgresPlace(): Place {
  const schema = `evergrant_bench_${randomBytes(6).toString('hex')}`
  return {
    address: { kind: 'postgres', url: DATABASE_URL, schema },
    async [Symbol.asyncDispose]() {
      const client = new Client({ connectionString: DATABASE_URL })
      await client.connect()
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      await client.end()
    },
  }
}

/** What a keeper stores of credentials that were posted and not tried: the same for all accounts, so it is made once. */
async function postedRecord(): Promise<Json> {
  const store = memoryStore()
  const fake = fakeTastytrade()
  await using keeper = createKeeper({ provider: tastytrade({ fetch: fake.fetch }), store, sealing: 'sealed-already' })
  const { key } = await keeper.keys.create({ name: 'bench', scopes: ['admin'], accounts: '*' })
  const { clientSecret, refreshToken } = fake.credentials
  const answer = await keeper.fetch(
    new Request('http://keeper.test/api/v1/credentials', {
      method: 'POST',
      headers: { authorization: `Bearer ${key.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        account: 'model',
        client_secret: clientSecret,
        refresh_token: refreshToken,
        untried: true,
      }),
    }),
  )
  const entry = await store.read('grant/model')
  if (entry === null) throw new Error(`The keeper did not take credentials: ${await answer.text()}`)
  return entry.value
}
