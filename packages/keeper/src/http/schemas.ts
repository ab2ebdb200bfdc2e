import { z } from '@hono/zod-openapi'
import { ACCOUNT_NAME } from '../accounts/account-name.ts'
import { KEY_SCOPES } from '../keys/api-key.ts'

/** Of an id or a secret: printable, without spaces (RFC 6749 appendix A.1, A.2 and A.17, less the space). */
const VSCHAR = /^[\x21-\x7e]+$/
const LONGEST_SECRET = 8_192

const time = z.iso.datetime().openapi({ example: '2026-03-02T14:45:00.000Z' })
const maybeTime = time.nullable()
const printable = z.string().max(LONGEST_SECRET).regex(VSCHAR)

const accountName = z.string().regex(ACCOUNT_NAME).openapi({ example: 'anna' })
const wholeNumber = (what: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .openapi({ description: what, example: '60' })

export const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .optional()
    .openapi({ description: 'At most 1000. Default 100.' }),
  after: z.string().max(128).optional().openapi({ description: 'The `next` of the page before.' }),
})

export const accountQuery = z.object({ account: accountName.optional() })

export const tokenQuery = z.object({
  account: accountName.optional(),
  min_ttl: wholeNumber('Seconds that the token must still live.').optional(),
  rejected: wholeNumber('The generation that the API has refused.').optional(),
  max_wait: wholeNumber('Seconds to wait at most for a token that has to be fetched.').optional(),
})

export const apiAccountQuery = z.object({
  account: accountName.optional(),
  account_id: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .openapi({ description: 'The account number at the provider.', example: '5WT00001' }),
})

export const accountPath = z.object({ account: accountName })
export const keyPath = z.object({ id: z.string().openapi({ example: 'a1B2c3D4e5F6' }) })

export const revokeQuery = z.object({ revoke: z.enum(['true', 'false']).optional() })

export const accountHeader = z.object({ 'x-evergrant-account': accountName.optional() })

export const credentialsBody = z
  .strictObject({
    account: accountName,
    client_id: printable.optional(),
    client_secret: printable,
    refresh_token: printable,
    untried: z.boolean().optional().openapi({ description: 'True stores them without asking the provider.' }),
  })
  .openapi('NewCredentials')

export const keyBody = z
  .strictObject({
    name: z.string().min(1).max(100),
    scopes: z.array(z.enum(KEY_SCOPES)).min(1),
    accounts: z.union([z.literal('*'), z.array(accountName).min(1).max(1_000)]),
    expires_at: time.optional(),
  })
  .openapi('NewKey')

export const tokenAnswer = z
  .object({
    account: accountName,
    access_token: z.string(),
    token_type: z.string().openapi({ example: 'Bearer' }),
    expires_at: time,
    expires_in: z.number().openapi({ description: 'Seconds, rounded down.', example: 600 }),
    generation: z.number().openapi({ description: 'Grows with each token of the account.' }),
    scope: z.string().nullable(),
    api_base_url: z.string().nullable(),
  })
  .openapi('Token')

export const credentialsAnswer = z
  .object({
    account: accountName,
    state: z.string().openapi({ example: 'valid' }),
    generation: z.number(),
    expires_at: maybeTime,
  })
  .openapi('StoredCredentials')

export const statusAnswer = z
  .object({
    account: accountName,
    state: z.enum(['unauthenticated', 'refreshing', 'valid', 'expiring', 'backoff', 'blocked', 'revoked']),
    awake: z.boolean(),
    usable: z.boolean(),
    generation: z.number(),
    reason: z.string().nullable(),
    issued_at: maybeTime,
    expires_at: maybeTime,
    refresh_at: maybeTime,
    retry_at: maybeTime,
    login_expires_at: maybeTime,
    last_failure: z.object({ code: z.string(), message: z.string(), help: z.string(), at: time }).nullable(),
  })
  .openapi('Status')

const next = z.string().nullable().openapi({ description: 'Where the next page begins; null on the last one.' })

export const credentialsPage = z.object({ credentials: z.array(statusAnswer), next }).openapi('CredentialsPage')

const budgetAnswer = z.object({ limit: z.number(), left: z.number(), free_at: maybeTime }).openapi('LoginBudget')

export const accountStatus = z.object({ status: statusAnswer, login_budget: budgetAnswer }).openapi('AccountStatus')

export const statusPage = z
  .object({ statuses: z.array(statusAnswer), next, login_budget: budgetAnswer })
  .openapi('StatusPage')

const keyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(KEY_SCOPES)),
    accounts: z.union([z.literal('*'), z.array(z.string())]),
    created_at: time,
    expires_at: maybeTime,
    revoked_at: maybeTime,
  })
  .openapi('Key')

export const createdKey = keyAnswer.extend({ key: z.string() }).openapi('CreatedKey')

export const keyList = z.object({ keys: z.array(keyAnswer) }).openapi('Keys')

export const problemAnswer = z
  .object({
    type: z.string().openapi({ example: 'urn:evergrant:problem:grant-revoked' }),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    help: z.string(),
    reason: z.string().optional(),
    account: z.string().optional(),
    retry_at: time.optional(),
    until: time.optional(),
    request_id: z.string(),
  })
  .openapi('Problem')
