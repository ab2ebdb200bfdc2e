import { EvergrantError, type Json } from '@evergrant/core'
import { z } from 'zod'
import { KEY_SCOPES, type KeyAccounts, type KeyScope } from './api-key.ts'

export const KEY_PREFIX = 'keeper/key/'

export const keyEntry = (id: string): string => `${KEY_PREFIX}${id}`

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  /** SHA-256 of the whole key, in hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(KEY_SCOPES)),
  accounts: z.union([z.literal('*'), z.array(z.string())]),
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
  revokedAt: z.nullable(z.number()),
})

/** What is stored of an API key. Times in epoch ms. */
export type KeyRecord = z.infer<typeof recordSchema>

/** What may be shown of an API key. Times in epoch ms. */
export interface KeyInfo {
  readonly id: string
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly accounts: KeyAccounts
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

/** Reads what is stored of a key. Throws `record-corrupt`; what is stored stays as it is. */
export function parseKeyRecord(key: string, value: Json): KeyRecord {
  const parsed = recordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new EvergrantError('record-corrupt', {
    message: `The stored API key ${key} cannot be read`,
    help: 'Restore the store from a copy, or delete this entry from it and make a new key.',
    details: { key },
  })
}

export function keyInfo({ id, name, scopes, accounts, createdAt, expiresAt, revokedAt }: KeyRecord): KeyInfo {
  return { id, name, scopes, accounts, createdAt, expiresAt, revokedAt }
}
