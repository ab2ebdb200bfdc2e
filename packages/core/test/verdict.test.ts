import { describe, expect, it } from 'vitest'
import type { FailureKind, TokenRequestFailure } from '../src/failure.ts'
import { judge, type Verdict } from '../src/verdict.ts'

const REVOKED: Verdict = { kind: 'revoked', reason: 'grant-revoked' }
const CLIENT_REJECTED: Verdict = { kind: 'revoked', reason: 'client-rejected' }
const TRANSIENT: Verdict = { kind: 'transient' }

const TABLE: readonly (readonly [string, TokenRequestFailure, Verdict])[] = [
  ['invalid_grant', { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }, REVOKED],
  ['invalid_grant on a 401', { kind: 'rejected', status: 401, oauthCode: 'invalid_grant' }, REVOKED],
  ['invalid_grant on a 200', { kind: 'rejected', status: 200, oauthCode: 'invalid_grant' }, REVOKED],
  ['access_denied', { kind: 'rejected', status: 403, oauthCode: 'access_denied' }, REVOKED],
  ['invalid_client', { kind: 'rejected', status: 401, oauthCode: 'invalid_client' }, CLIENT_REJECTED],
  ['unauthorized_client', { kind: 'rejected', status: 400, oauthCode: 'unauthorized_client' }, CLIENT_REJECTED],
  [
    'Client secret mismatch without a code',
    { kind: 'rejected', status: 400, description: 'Client secret mismatch' },
    CLIENT_REJECTED,
  ],
  [
    'a client secret mismatch within other words',
    { kind: 'rejected', status: 400, description: 'Request failed: CLIENT SECRET MISMATCH.' },
    CLIENT_REJECTED,
  ],
  [
    'Client secret mismatch beside invalid_request, which alone condemns nobody',
    { kind: 'rejected', status: 400, oauthCode: 'invalid_request', description: 'Client secret mismatch' },
    CLIENT_REJECTED,
  ],
  [
    'Client secret mismatch beside invalid_grant: the secret is to be mended, not the grant',
    { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Client secret mismatch' },
    CLIENT_REJECTED,
  ],
  ['invalid_request', { kind: 'rejected', status: 400, oauthCode: 'invalid_request' }, { kind: 'suspicious' }],
  ['unsupported_grant_type', { kind: 'rejected', oauthCode: 'unsupported_grant_type' }, { kind: 'misconfigured' }],
  ['invalid_scope', { kind: 'rejected', oauthCode: 'invalid_scope' }, { kind: 'misconfigured' }],
  ['a code that nobody knows', { kind: 'rejected', status: 400, oauthCode: 'out_of_cheese' }, TRANSIENT],
  ['a code in other letters', { kind: 'rejected', status: 400, oauthCode: 'INVALID_GRANT' }, TRANSIENT],
  ['no code at all', { kind: 'rejected', status: 400 }, TRANSIENT],
  ['an empty code', { kind: 'rejected', status: 400, oauthCode: '', description: '' }, TRANSIENT],
  ['401 from the edge', { kind: 'edge', status: 401 }, { kind: 'edge' }],
  ['403 from the edge', { kind: 'edge', status: 403 }, { kind: 'edge' }],
  ['408', { kind: 'server', status: 408 }, TRANSIENT],
  ['429', { kind: 'rate-limited', status: 429 }, TRANSIENT],
  ['500', { kind: 'server', status: 500 }, TRANSIENT],
  ['502', { kind: 'server', status: 502 }, TRANSIENT],
  ['a reset, DNS, TLS', { kind: 'network' }, TRANSIENT],
  ['an answer that cannot be read', { kind: 'malformed', status: 200 }, TRANSIENT],
  ['anything else', { kind: 'unknown' }, TRANSIENT],
  ['silence', { kind: 'timeout' }, { kind: 'unanswered' }],
  ['a redirect', { kind: 'redirect', status: 302 }, { kind: 'misconfigured' }],
]

const CONDEMNING_CODES = ['invalid_grant', 'access_denied', 'invalid_client', 'unauthorized_client']
const OTHER_KINDS: readonly FailureKind[] = [
  'edge',
  'rate-limited',
  'server',
  'timeout',
  'network',
  'redirect',
  'malformed',
  'unknown',
]

describe('judge', () => {
  it.for(TABLE)('%s', ([, failure, verdict]) => {
    expect(judge(failure)).toEqual(verdict)
  })

  it('P9 a server in distress that repeats an OAuth code has judged nothing', () => {
    for (const oauthCode of CONDEMNING_CODES) {
      expect(judge({ kind: 'server', status: 503, oauthCode })).toEqual(TRANSIENT)
      expect(judge({ kind: 'rate-limited', status: 429, oauthCode })).toEqual(TRANSIENT)
    }
    expect(judge({ kind: 'server', status: 500, description: 'Client secret mismatch' })).toEqual(TRANSIENT)
  })

  it.for(['server', 'rate-limited'] as const)('P9 hands on the Retry-After of %s, also one of nothing', (kind) => {
    expect(judge({ kind, retryAfter: 7_000 })).toEqual({ kind: 'transient', retryAfter: 7_000 })
    expect(judge({ kind, retryAfter: 0 })).toEqual({ kind: 'transient', retryAfter: 0 })
    expect(judge({ kind })).not.toHaveProperty('retryAfter')
  })

  it.for(OTHER_KINDS)('P9 %s never condemns a credential, whatever else it says', (kind) => {
    for (const oauthCode of CONDEMNING_CODES) {
      const failure = { kind, status: 400, oauthCode, description: 'Client secret mismatch' }
      expect(judge(failure).kind).not.toBe('revoked')
    }
  })
})

describe('a status that says the server is in distress', () => {
  it.each([408, 429, 500, 503])('P9 %s outweighs the code, whatever kind the provider calls it', (status) => {
    const failure: TokenRequestFailure = { kind: 'rejected', status, oauthCode: 'invalid_grant', retryAfter: 5 }
    expect(judge(failure)).toEqual({ kind: 'transient', retryAfter: 5 })
  })
})
