import { describeStoreContract } from '@evergrant/testing'
import { afterAll, describe, it } from 'vitest'
import type { PostgresStore } from '../src/postgres.ts'
import { postgresPlace } from './postgres/place.ts'

const place = postgresPlace()
afterAll(() => place[Symbol.asyncDispose]())

describeStoreContract(
  'postgresStore',
  () => {
    const tablePrefix = place.freshPrefix()
    const stores: PostgresStore[] = []
    return {
      open() {
        const store = place.open({ tablePrefix })
        stores.push(store)
        return store
      },
      async dispose() {
        await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
      },
    }
  },
  { describe, it, opensTwice: true },
)
