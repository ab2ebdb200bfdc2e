import { postgresStore } from '../../src/postgres.ts'
import type { OpenStore } from '../network-store/place.ts'

export interface PostgresOpening {
  readonly [option: string]: string
  readonly url: string
  readonly schema: string
}

export const openStore: OpenStore = (connection, options) =>
  postgresStore({ ...(connection as PostgresOpening), ...options })
