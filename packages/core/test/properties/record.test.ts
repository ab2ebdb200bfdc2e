import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRecordCorrupt, isRecordFromFuture } from '../../src/errors.ts'
import { memoryStore } from '../../src/memory-store.ts'
import {
  emptyGrant,
  emptyLedger,
  parseGrant,
  parseLedger,
  RECORD_VERSION,
  type GrantRecord,
  type Ledger,
} from '../../src/records/record.ts'
import { readStored, updateStored, type RecordKind } from '../../src/records/stored.ts'
import type { Json } from '../../src/store.ts'
import { cases } from '../support/fuzz.ts'

const KEY = 'grant/main'
const CANARY = 'canary-in-a-coal-mine'

const aCount = fc.maxSafeInteger()
const aTime = fc.oneof(
  fc.integer(),
  fc.double({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, noNaN: true }),
)
const aMark = fc.string()
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const aText = fc.string({ unit: 'binary' })

const aGrant: fc.Arbitrary<GrantRecord> = fc
  .record({
    version: fc.constant(RECORD_VERSION),
    issuer: orNull(fc.string()),
    generation: aCount,
    epoch: aCount,
    source: orNull(aMark),
    credentials: orNull(fc.record({ clientId: aText, clientSecret: aText, refreshToken: aText }, { requiredKeys: [] })),
    token: orNull(
      fc.record({
        value: aText,
        type: fc.string(),
        scope: orNull(fc.string()),
        issuedAt: aTime,
        expiresAt: aTime,
        apiBaseUrl: orNull(fc.string()),
      }),
    ),
    rejected: aCount,
    rejectedMark: orNull(aMark),
    login: orNull(fc.record({ since: aTime, expiresAt: orNull(aTime), spent: fc.boolean() })),
    lifetime: orNull(aTime),
    grantedAt: orNull(aTime),
    rotates: orNull(fc.boolean()),
    journal: orNull(fc.record({ fingerprint: aMark, at: aTime })),
    putOffAt: orNull(aTime),
    dead: fc.array(
      fc.record({
        fingerprint: aMark,
        reason: fc.constantFrom('grant-revoked' as const, 'client-rejected' as const, 'rotation-lost' as const),
      }),
    ),
    retryAt: orNull(aTime),
    signedOut: fc.boolean(),
    clockOffset: aTime,
  })
  .map((members) => ({ ...emptyGrant(), ...members }))

const aLedger: fc.Arbitrary<Ledger> = fc.record({
  version: fc.constant(RECORD_VERSION),
  failures: fc.array(aTime),
  pending: fc.array(fc.record({ id: fc.string(), at: aTime })),
  silences: aCount,
  refusals: aCount,
  clockOffset: orNull(aTime),
  block: orNull(
    fc.record({
      reason: fc.constantFrom('ip-block-suspected' as const, 'edge-refused' as const),
      since: aTime,
      until: aTime,
      probes: aTime,
      claim: orNull(fc.record({ id: fc.string(), until: aTime })),
    }),
  ),
})

const anyJson = fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<Json>

/** A record in which any of its members, at any depth, is something else or gone. */
const aBrokenRecord: fc.Arbitrary<Json> = fc
  .tuple(fc.oneof(aGrant, aLedger), fc.array(fc.tuple(fc.nat(), fc.option(anyJson)), { minLength: 1, maxLength: 4 }))
  .map(([record, changes]) => {
    const broken = stored(record) as Record<string, Json>
    for (const [where, value] of changes) {
      const places = placesIn(broken)
      const [holder, name] = places[where % places.length]!
      if (value === null) delete holder[name]
      else holder[name] = value
    }
    return stored(broken)
  })

/** Each text in it marked, so that none can go unseen into a message; names stay. */
function withCanaries(value: Json): Json {
  if (typeof value === 'string') return `${value}${CANARY}`
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: Json) => withCanaries(one))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withCanaries(one)]))
}

function placesIn(value: Json): [Record<string, Json>, string][] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, Json>
  return Object.keys(holder).flatMap((name) => [
    [holder, name] as [Record<string, Json>, string],
    ...placesIn(holder[name]!),
  ])
}

const stored = (record: unknown) => JSON.parse(JSON.stringify(record)) as Json

const kinds: readonly RecordKind<GrantRecord | Ledger>[] = [
  { key: KEY, parse: parseGrant, empty: emptyGrant },
  { key: KEY, parse: parseLedger, empty: emptyLedger },
]

describe('any JSON in place of a record', () => {
  it.for(kinds)('is a record, or a typed error that shows nothing of it: %#', (kind) => {
    fc.assert(
      fc.property(fc.oneof(anyJson, aBrokenRecord), (written) => {
        const value = withCanaries(written)
        const before = JSON.stringify(value)
        try {
          expect(kind.parse(KEY, value)).toBeTypeOf('object')
        } catch (error) {
          expect(isRecordCorrupt(error) || isRecordFromFuture(error)).toBe(true)
          expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
        }
        expect(JSON.stringify(value)).toBe(before)
      }),
      cases(300),
    )
  })

  it('is from the future exactly if its version is a number above this one', () => {
    const versions = fc.oneof(aTime, fc.integer({ min: -2, max: 9 }), anyJson)
    fc.assert(
      fc.property(versions, fc.dictionary(fc.string(), anyJson), (version, more) => {
        let error: unknown
        try {
          parseGrant(KEY, { ...more, version })
        } catch (thrown) {
          error = thrown
        }
        expect(isRecordFromFuture(error)).toBe(typeof version === 'number' && version > RECORD_VERSION)
      }),
      cases(250),
    )
  })

  it('that cannot be read is left in the store as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), fc.oneof(anyJson, aBrokenRecord), async (kind, written) => {
        const value = stored(written)
        const store = memoryStore()
        const revision = await store.write(KEY, value)
        const read = await readStored(store, kind).catch(() => null)
        if (read !== null) return
        await expect(updateStored(store, kind, (record) => ({ ...record }))).rejects.toThrow(/record/)
        expect(await store.read(KEY)).toEqual({ value, revision })
      }),
      cases(250),
    )
  })
})

describe('any record', () => {
  it('comes back from JSON as it went in', () => {
    fc.assert(
      fc.property(aGrant, aLedger, (grant, ledger) => {
        // JSON knows no minus zero.
        const plus = (record: object) => JSON.parse(JSON.stringify(record)) as unknown
        expect(parseGrant(KEY, stored(grant))).toEqual(plus(grant))
        expect(parseLedger(KEY, stored(ledger))).toEqual(plus(ledger))
      }),
      cases(250),
    )
  })

  it('comes back from a store that somebody else writes to as well, and what is not changed stays', async () => {
    await fc.assert(
      fc.asyncProperty(aGrant, fc.boolean(), async (grant, signedOut) => {
        const store = memoryStore()
        const kind = { key: KEY, parse: parseGrant, empty: emptyGrant }
        await store.write(KEY, stored(grant))
        const { value } = await updateStored(store, kind, (record) => ({ ...record, signedOut }))
        expect((await readStored(store, kind)).value).toEqual({ ...(stored(grant) as object), signedOut })
        expect(value.signedOut).toBe(signedOut)
      }),
      cases(200),
    )
  })
})
