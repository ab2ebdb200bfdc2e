import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureKind, TokenRequestFailure } from '../../src/failure.ts'
import { judge } from '../../src/verdict.ts'
import { cases } from '../support/fuzz.ts'

const KINDS: readonly FailureKind[] = [
  'rejected',
  'edge',
  'rate-limited',
  'server',
  'timeout',
  'network',
  'redirect',
  'malformed',
  'unknown',
]
const DEFINITIVE = ['invalid_grant', 'access_denied', 'invalid_client', 'unauthorized_client']
const MISMATCH = 'Client secret mismatch'

const aText = (...known: string[]) =>
  fc.oneof(fc.constantFrom(...known, ...known.map((one) => one.toUpperCase())), fc.string(), fc.lorem({ maxCount: 3 }))
const aNumber = fc.oneof(fc.integer({ min: -1, max: 700 }), fc.double())

const aFailure: fc.Arbitrary<TokenRequestFailure> = fc.record(
  {
    kind: fc.constantFrom(...KINDS),
    status: fc.oneof(fc.constantFrom(0, 200, 302, 400, 401, 403, 408, 429, 500, 503, 599), aNumber),
    oauthCode: aText(...DEFINITIVE, 'invalid_request', 'invalid_scope', '__proto__', 'constructor', ''),
    description: aText(MISMATCH, 'Grant revoked', 'invalid_grant'),
    retryAfter: aNumber,
    date: aNumber,
  },
  { requiredKeys: ['kind'] },
)

const verdictKinds = ['revoked', 'suspicious', 'edge', 'unanswered', 'misconfigured', 'transient']

describe('the verdict on any failure', () => {
  it('is one of the six, and never throws', () => {
    fc.assert(
      fc.property(aFailure, (failure) => {
        expect(verdictKinds).toContain(judge(failure).kind)
      }),
      cases(2_000),
    )
  })

  it('P9 is revoked only for a definitive code, in a rejection, with no status of distress', () => {
    let revoked = 0
    fc.assert(
      fc.property(aFailure, (failure) => {
        if (judge(failure).kind !== 'revoked') return
        revoked += 1
        const { kind, status = 0, oauthCode = '', description = '' } = failure
        expect(kind).toBe('rejected')
        expect(status === 408 || status === 429 || status >= 500).toBe(false)
        const definitive = DEFINITIVE.includes(oauthCode) || description.toLowerCase().includes(MISMATCH.toLowerCase())
        expect(definitive).toBe(true)
      }),
      cases(4_000),
    )
    expect(revoked).toBeGreaterThan(0)
  })

  it('P2 is revoked for each definitive code that a sound server gives', () => {
    const sound = fc.integer({ min: 200, max: 499 }).filter((status) => status !== 408 && status !== 429)
    fc.assert(
      fc.property(fc.constantFrom(...DEFINITIVE), sound, fc.string(), (oauthCode, status, description) => {
        expect(judge({ kind: 'rejected', status, oauthCode, description }).kind).toBe('revoked')
      }),
      cases(300),
    )
  })

  it('P9 passes on the wait that a server in distress asked for, and no other', () => {
    fc.assert(
      fc.property(aFailure, (failure) => {
        const verdict = judge(failure)
        const { status = 0, kind, retryAfter } = failure
        const inDistress =
          kind === 'server' || kind === 'rate-limited' || status === 408 || status === 429 || status >= 500
        expect('retryAfter' in verdict ? verdict.retryAfter : undefined).toBe(inDistress ? retryAfter : undefined)
      }),
      cases(1_000),
    )
  })

  it('depends on nothing else of the failure', () => {
    fc.assert(
      fc.property(aFailure, fc.dictionary(fc.string(), fc.anything()), (failure, more) => {
        expect(judge({ ...more, ...failure, date: 0 })).toEqual(judge({ ...more, ...failure }))
      }),
      cases(300),
    )
  })
})
