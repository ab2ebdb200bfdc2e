import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRecordCorrupt, isRecordFromFuture } from '../src/errors.ts'
import {
  emptyGrant,
  emptyLedger,
  grantKey,
  ledgerKey,
  parseGrant,
  parseLedger,
  plainCredentials,
  RECORD_VERSION,
  type GrantRecord,
  type Ledger,
} from '../src/records/record.ts'
import { secret } from '../src/secret.ts'
import type { Json } from '../src/store.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const KEY = 'grant/main'
const CANARY = 'canary-in-a-coal-mine'

const grant: GrantRecord = {
  version: 1,
  issuer: 'https://server.test',
  generation: 7,
  epoch: 2,
  source: 'mark-of-source',
  credentials: { clientId: 'client-1', clientSecret: 'invented-secret', refreshToken: 'invented-refresh' },
  given: 'mark-of-given',
  token: {
    value: 'invented-access',
    type: 'Bearer',
    scope: 'read',
    issuedAt: 1_000,
    expiresAt: 901_000,
    apiBaseUrl: 'https://api.invented.example',
  },
  login: { since: 500, expiresAt: 604_800_500, spent: false },
  rejected: 6,
  rejectedMark: 'mark-of-rejected',
  lifetime: 900_000,
  grantedAt: 1_000,
  rotates: true,
  journal: { fingerprint: 'mark-of-journal', at: 2_000 },
  putOffAt: 2_000,
  dead: [{ fingerprint: 'mark-of-dead', reason: 'rotation-lost' }],
  retryAt: 3_000,
  signedOut: true,
  clockOffset: -7_200_000,
}

const ledger: Ledger = {
  version: 1,
  failures: [1, 2],
  pending: [{ id: 'session-1', at: 3 }],
  silences: 1,
  refusals: 2,
  clockOffset: -7_200_000,
  block: { reason: 'edge-refused', since: 4, until: 5, probes: 6, claim: { id: 'session-2', until: 7 } },
}

const stored = (record: object): Json => JSON.parse(JSON.stringify(record)) as Json

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('a record', () => {
  it('comes back from the store as it went in', () => {
    for (const record of [grant, emptyGrant()]) expect(parseGrant(KEY, stored(record))).toEqual(record)
    for (const record of [ledger, emptyLedger()]) expect(parseLedger(KEY, stored(record))).toEqual(record)
  })

  it('comes back from the first writers of this version, which left something out', () => {
    const { putOffAt: _, given: __, login: ___, issuer: _____, ...first } = grant
    const { apiBaseUrl: ____, ...token } = grant.token ?? {}
    expect(parseGrant(KEY, stored({ ...first, token }))).toEqual({
      ...grant,
      issuer: null,
      putOffAt: null,
      given: null,
      login: null,
      token: { ...token, apiBaseUrl: null },
    })
  })

  it('is written with the version that this code knows', () => {
    expect([emptyGrant().version, emptyLedger().version]).toEqual([RECORD_VERSION, RECORD_VERSION])
  })

  it('drops a field that it does not know', () => {
    expect(parseGrant(KEY, stored({ ...grant, colour: 'green' }))).toEqual(grant)
  })

  it('has a key of its own for each account and each issuer', () => {
    expect([grantKey('main'), ledgerKey('https://server.test')]).toEqual(['grant/main', 'issuer/https://server.test'])
  })

  it.for([
    ['a grant', () => parseGrant(KEY, stored({ ...grant, version: 2 }))],
    ['a ledger', () => parseLedger(KEY, stored({ ...ledger, version: 2 }))],
    ['a grant of a shape to come', () => parseGrant(KEY, { version: 2, vault: CANARY })],
  ] as const)('from a newer version is not read: %s', ([, read]) => {
    const error = thrownBy(read)
    expect(isRecordFromFuture(error) && error.details).toEqual({ key: KEY, version: 2 })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
  })

  it.for<readonly [string, Json, string]>([
    ['nothing', null, '(whole)'],
    ['a text', CANARY, '(whole)'],
    ['a list', [CANARY], '(whole)'],
    ['an empty object', {}, 'version'],
    ['a version that is a text', stored({ ...grant, version: '1' }), 'version'],
    ['a newer version that is a text', stored({ ...grant, version: '2' }), 'version'],
    ['a version that is not there', stored({ ...grant, version: undefined }), 'version'],
    ['an old version that nobody wrote', stored({ ...grant, version: 0 }), 'version'],
    ['a text for a number', stored({ ...grant, generation: CANARY }), 'generation'],
    ['a number for a secret', stored({ ...grant, credentials: { refreshToken: 5 } }), 'credentials.refreshToken'],
    ['a token without its time', stored({ ...grant, token: { value: CANARY } }), 'token.expiresAt'],
    ['a reason that there is not', stored({ ...grant, dead: [{ fingerprint: 'a', reason: CANARY }] }), 'dead.0.reason'],
    ['a count that adding 1 does not change', stored({ ...grant, generation: 2 ** 53 }), 'generation'],
    ['a time beyond all clocks', stored({ ...grant, retryAt: 1e300 }), 'retryAt'],
    ['an offset beyond all clocks', stored({ ...grant, clockOffset: -1e300 }), 'clockOffset'],
    ['a field that is missing', stored({ ...grant, epoch: undefined }), 'epoch'],
  ])('that is broken says where: %s', ([, value, path]) => {
    const error = thrownBy(() => parseGrant(KEY, value))
    expect(isRecordCorrupt(error) && error.details).toEqual({ key: KEY })
    expect((error as Error).message).toContain(path)
  })

  it('that is broken in many places names five of them', () => {
    const error = thrownBy(() => parseGrant(KEY, stored({ version: 1 }))) as Error
    expect(error.message.split(',')).toHaveLength(5)
  })

  it('P11 that is broken shows where, and never what it holds', () => {
    const spots = Object.keys(grant).filter((name) => name !== 'version')
    const junk = fc.oneof(
      fc.constant<Json>(CANARY),
      fc.constant<Json>([CANARY]),
      fc.constant<Json>({ [CANARY]: CANARY }),
      fc.constant<Json>({ value: CANARY, refreshToken: [CANARY], fingerprint: CANARY }),
    )
    fc.assert(
      fc.property(fc.subarray(spots, { minLength: 1 }), junk, (names, value) => {
        const broken = { ...grant, ...Object.fromEntries(names.map((name) => [name, value])) }
        try {
          parseGrant(KEY, stored(broken))
        } catch (error) {
          expect(isRecordCorrupt(error)).toBe(true)
          expect((error as Error).cause).toBeUndefined()
          const shown = [inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), String(error)]
          expect(shown.join()).not.toContain(CANARY)
        }
      }),
    )
  })
})

describe('plainCredentials', () => {
  it('opens what is sealed, for the store alone', () => {
    const input = { clientId: 'client-1', clientSecret: secret('invented-secret'), refreshToken: 'invented-refresh' }
    expect(plainCredentials(input)).toEqual({
      clientId: 'client-1',
      clientSecret: 'invented-secret',
      refreshToken: 'invented-refresh',
    })
  })

  it('drops what is not set, so that it covers nothing', () => {
    const plain = plainCredentials({ clientId: undefined, clientSecret: '', refreshToken: 'invented-refresh' })
    expect(Object.keys(plain)).toEqual(['refreshToken'])
  })
})
