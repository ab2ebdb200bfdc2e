import * as z from 'zod/mini'
import type { CredentialsInput } from '../credentials.ts'
import { EvergrantError } from '../errors.ts'
import type { Json } from '../store.ts'

/** The version that this code writes. */
export const RECORD_VERSION = 1

/** Whole and exact: a number that adding 1 does not change would hold up what counts by it. */
const count = z.int()
/** Epoch ms, or a span of it. Beyond this nobody's clock goes, and sums would lose their milliseconds. */
const time = z.number().check(z.gte(Number.MIN_SAFE_INTEGER), z.lte(Number.MAX_SAFE_INTEGER))
const mark = z.string()

const grantSchema = z.object({
  version: z.literal(RECORD_VERSION),
  /** Whose credentials and tokens these are; `null` before there were any, and after a sign-out. */
  issuer: z.nullable(z.string()),
  /** Of the last token; grows for ever. */
  generation: count,
  /** Grows with each sign-out and each change of credentials: an answer to an older epoch is discarded (P14). */
  epoch: count,
  /** Mark of the credential source's content that this record follows; `null` before one was seen. */
  source: z.nullable(mark),
  /** What is newer than the source: rotated by the server, or set by a person. */
  credentials: z.nullable(
    z.object({
      clientId: z.optional(z.string()),
      clientSecret: z.optional(z.string()),
      refreshToken: z.optional(z.string()),
    }),
  ),
  /** Mark of what a person set last; `credentials` are that, or have grown from it. */
  given: z.nullable(mark),
  token: z.nullable(
    z.object({
      value: z.string(),
      type: z.string(),
      scope: z.nullable(z.string()),
      issuedAt: time,
      expiresAt: time,
      /** Where its API lives, if the server said so with it. */
      apiBaseUrl: z.nullable(z.string()),
    }),
  ),
  /** Generation that a server has refused; it is not adopted again. */
  rejected: count,
  /** Mark of that token, in case the server gives it out again. */
  rejectedMark: z.nullable(mark),
  /**
   * The login that these credentials stand for: first used at `since`, good until `expiresAt` as far as the server says,
   * `spent` if no request can renew its token.
   */
  login: z.nullable(z.object({ since: time, expiresAt: z.nullable(time), spent: z.boolean() })),
  /** Ms that the last token lived. */
  lifetime: z.nullable(time),
  /** Start of the last request that was granted. */
  grantedAt: z.nullable(time),
  /** Whether this server rotates refresh tokens; `null` until an answer has shown it. */
  rotates: z.nullable(z.boolean()),
  /** Written before a request: this refresh token may have been spent. */
  journal: z.nullable(z.object({ fingerprint: mark, at: time })),
  /** Credentials that the server has condemned, by their marks, the newest last. */
  dead: z.array(
    z.object({
      fingerprint: mark,
      reason: z.enum(['grant-revoked', 'client-rejected', 'rotation-lost', 'login-expired']),
    }),
  ),
  /** Nothing is sent before this time. */
  retryAt: z.nullable(time),
  /** When that was decided. */
  putOffAt: z.nullable(time),
  signedOut: z.boolean(),
  /** Ms by which the server was ahead of the wall clock of whoever wrote this. */
  clockOffset: time,
})

/** What is durable of one account. Times are epoch ms by the server's clock. */
export type GrantRecord = z.infer<typeof grantSchema>

const ledgerSchema = z.object({
  version: z.literal(RECORD_VERSION),
  /** Times of failed logins, oldest first. */
  failures: z.array(time),
  /** Requests that have not ended; each may become a failure. */
  pending: z.array(z.object({ id: z.string(), at: time })),
  /** Requests in a row that nobody answered. */
  silences: count,
  /** Requests in a row that the edge refused. */
  refusals: count,
  /** Ms by which the server was ahead of the wall clock of whoever heard it last; `null` before. */
  clockOffset: z.nullable(time),
  block: z.nullable(
    z.object({
      reason: z.enum(['ip-block-suspected', 'edge-refused']),
      since: time,
      until: time,
      probes: z.number(),
      /** Who makes the one half-open attempt, and until when that holds. */
      claim: z.nullable(z.object({ id: z.string(), until: time })),
    }),
  ),
})

/** What all accounts of one issuer share: the login budget (P3) and the memory of a block (P4). */
export type Ledger = z.infer<typeof ledgerSchema>

/** What belongs to credentials and leaves a record with them. */
export const CLEARED = {
  token: null,
  login: null,
  lifetime: null,
  grantedAt: null,
  rotates: null,
  journal: null,
  retryAt: null,
} as const satisfies Partial<GrantRecord>

export function emptyGrant(): GrantRecord {
  return {
    version: RECORD_VERSION,
    issuer: null,
    generation: 0,
    epoch: 0,
    source: null,
    credentials: null,
    given: null,
    rejected: 0,
    rejectedMark: null,
    ...CLEARED,
    dead: [],
    putOffAt: null,
    signedOut: false,
    clockOffset: 0,
  }
}

export function emptyLedger(): Ledger {
  return {
    version: RECORD_VERSION,
    failures: [],
    pending: [],
    silences: 0,
    refusals: 0,
    clockOffset: null,
    block: null,
  }
}

/**
 * The key under which a store keeps the record of an account, `grant/<account>`; its lease has the same. The record itself
 * is core's own: whoever wants to know how an account stands asks `readAccount()`.
 */
export function grantKey(account: string): string {
  return `grant/${account}`
}

export const ledgerKey = (issuer: string): string => `issuer/${issuer}`

/** Reads a stored grant. Throws `record-from-future` or `record-corrupt`; the caller leaves what is stored alone. */
export const parseGrant = (key: string, value: Json): GrantRecord => parse(grantSchema, key, upgradeGrant(value))
export const parseLedger = (key: string, value: Json): Ledger => parse(ledgerSchema, key, upgradeLedger(value))

/** Adds what the first writers of this version left out. */
function upgradeGrant(value: Json): Json {
  if (!isObject(value)) return value
  const { token = null } = value
  const placed = isObject(token) ? { token: { apiBaseUrl: null, ...token } } : {}
  return { issuer: null, putOffAt: null, given: null, login: null, ...value, ...placed }
}

function upgradeLedger(value: Json): Json {
  return isObject(value) ? { clockOffset: null, ...value } : value
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse<T>(schema: z.ZodMiniType<T>, key: string, value: Json): T {
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > RECORD_VERSION) {
    throw new EvergrantError('record-from-future', {
      message: `The stored record ${key} has version ${version}; this evergrant knows up to ${RECORD_VERSION}`,
      help: 'Update evergrant here, or point this process at a store of its own. The record was left as it is.',
      details: { key, version },
    })
  }
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return parsed.data
  // The paths alone: zod's own issues may quote what was read, and that may be a secret.
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(whole)').slice(0, 5)
  throw new EvergrantError('record-corrupt', {
    message: `The stored record ${key} cannot be read (${where.join(', ')})`,
    help: 'Restore the store from a copy, or delete this entry and log in again. The record was left as it is.',
    details: { key },
  })
}

/** Drops what is not set, as `exactOptionalPropertyTypes` and JSON want it. */
export function plainCredentials(input: CredentialsInput): NonNullable<GrantRecord['credentials']> {
  const plain: { clientId?: string; clientSecret?: string; refreshToken?: string } = {}
  for (const name of ['clientId', 'clientSecret', 'refreshToken'] as const) {
    const value = input[name]
    if (value) plain[name] = typeof value === 'string' ? value : value.reveal()
  }
  return plain
}
