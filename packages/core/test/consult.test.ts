import { describe, expect, it } from 'vitest'
import { adoptable, consult, type ExchangeRequest } from '../src/exchange/consult.ts'
import type { GrantRecord, Ledger } from '../src/records/record.ts'
import { AHEAD, anyRequest, createPorts, MARK, NOW, storedToken, viewOf } from './support/exchange-view.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Now, on the server's line. */
const THERE = NOW + AHEAD

function decide(record: Partial<GrantRecord>, request: Partial<ExchangeRequest> = {}, ledger: Partial<Ledger> = {}) {
  return consult(createPorts(), viewOf(record, ledger), { ...anyRequest, ...request })
}

const stored = { token: storedToken, generation: 3 } as const
const dead = [{ fingerprint: MARK, reason: 'rotation-lost' }] as const satisfies GrantRecord['dead']
const block = { reason: 'edge-refused', since: THERE, until: THERE + 8 * HOUR, probes: 0, claim: null } as const

describe('a look at the store', () => {
  it('says that a request is due where nothing speaks against it', () => {
    expect(decide({})).toEqual({ type: 'due' })
  })

  it('P14 says that the account was signed out, until a person asks', () => {
    expect(decide({ signedOut: true })).toMatchObject({
      type: 'absent',
      reason: 'signed-out',
      error: { code: 'signed-out', details: { account: 'main' } },
    })
    expect(decide({ signedOut: true, ...stored })).toMatchObject({ type: 'absent' })
    expect(decide({ signedOut: true }, { force: true })).toEqual({ type: 'due' })
  })

  it('says that there are no credentials, also to a person', () => {
    const view = { ...viewOf(), credentials: null, fingerprint: '' }
    for (const force of [false, true]) {
      expect(consult(createPorts(), view, { ...anyRequest, force })).toMatchObject({
        type: 'absent',
        reason: 'credentials-missing',
        error: { code: 'credentials-missing', details: { account: 'main' } },
      })
    }
  })

  it('P2 says that these credentials are dead, and why, until a person asks', () => {
    expect(decide({ dead: [...dead] })).toMatchObject({
      type: 'rejected',
      reason: 'rotation-lost',
      error: { code: 'rotation-lost', details: { account: 'main' } },
    })
    expect(decide({ dead: [...dead] }, { force: true })).toEqual({ type: 'due' })
  })

  it('P2 takes no dead credentials for others', () => {
    expect(decide({ dead: [{ fingerprint: 'of another', reason: 'grant-revoked' }] })).toEqual({ type: 'due' })
  })

  it('P4 says what blocks, with times on the line of this machine, also to a person', () => {
    for (const force of [false, true]) {
      expect(decide({}, { force }, { block })).toMatchObject({
        type: 'blocked',
        reason: 'edge-refused',
        until: NOW + 8 * HOUR,
        retryAt: NOW + 15 * MINUTE,
        error: { code: 'edge-refused', details: { until: NOW + 8 * HOUR, retryAt: NOW + 15 * MINUTE } },
      })
    }
    expect(decide({}, { halfOpen: true }, { block })).toEqual({ type: 'due' })
  })

  it('P3 says that the login budget is spent', () => {
    const failures = [THERE - MINUTE, THERE, THERE]
    expect(decide({}, {}, { failures })).toMatchObject({ type: 'blocked', reason: 'login-budget-spent' })
  })

  it('P6 gives the token that is there, whatever blocks, cools down or is dead', () => {
    const record = { ...stored, dead: [...dead], retryAt: THERE + HOUR, grantedAt: THERE, lifetime: 900 * SECOND }
    expect(decide(record, {}, { block })).toMatchObject({ type: 'adopted', token: { generation: 3 } })
  })
})

describe('a time before which nothing is sent', () => {
  const waiting = { type: 'deferred', reason: 'cooldown' }

  it('P13 holds until it has come', () => {
    expect(decide({ retryAt: THERE + 1 })).toEqual({ ...waiting, retryAt: NOW + 1 })
    expect(decide({ retryAt: THERE })).toEqual({ type: 'due' })
  })

  it('does not hold for a person, nor for the one attempt that ends a block', () => {
    expect(decide({ retryAt: THERE + HOUR }, { force: true })).toEqual({ type: 'due' })
    expect(decide({ retryAt: THERE + HOUR }, { halfOpen: true })).toEqual({ type: 'due' })
  })

  it('P15 is not believed beyond the longest wait that is ever written, and a minute of disagreement', () => {
    const longest = DAY + MINUTE
    expect(decide({ retryAt: THERE + longest })).toEqual({ ...waiting, retryAt: NOW + longest })
    expect(decide({ retryAt: THERE + longest + 1 })).toEqual({ type: 'due' })
  })
})

describe('a time that was decided on', () => {
  const waitDecided = (putOffAt: number) => decide({ retryAt: THERE + HOUR, putOffAt }).type

  it('P15 at a time to come is not believed, beyond a minute of disagreement', () => {
    expect(waitDecided(THERE - HOUR)).toBe('deferred')
    expect(waitDecided(THERE + MINUTE)).toBe('deferred')
    expect(waitDecided(THERE + MINUTE + 1)).toBe('due')
  })
})

describe('the floor between token requests', () => {
  const waiting = { type: 'deferred', reason: 'floor' }
  const granted = (ago: number) => ({ grantedAt: THERE - ago, lifetime: 900 * SECOND })

  it('P13 holds for five seconds after a request that was granted', () => {
    expect(decide(granted(0))).toEqual({ ...waiting, retryAt: NOW + 5 * SECOND })
    expect(decide(granted(5 * SECOND - 1))).toEqual({ ...waiting, retryAt: NOW + 1 })
    expect(decide(granted(5 * SECOND))).toEqual({ type: 'due' })
  })

  it('P13 holds for a person and for the attempt that ends a block too', () => {
    expect(decide(granted(0), { force: true, halfOpen: true })).toMatchObject(waiting)
  })

  it('P15 is counted from now where a clock that was ahead has dated the grant', () => {
    expect(decide(granted(-2 * SECOND))).toEqual({ ...waiting, retryAt: NOW + 5 * SECOND })
    expect(decide(granted(-5 * SECOND))).toEqual({ type: 'due' })
  })
})

describe('a token of the store', () => {
  const adopt = (record: Partial<GrantRecord>, request: Partial<ExchangeRequest> = {}) =>
    adoptable(createPorts(), { ...viewOf().grant.value, ...stored, ...record }, { ...anyRequest, ...request })
  const tokenWith = (times: Partial<typeof storedToken> | object) => ({ token: { ...storedToken, ...times } })

  it('comes with all that belongs to it, on the line of this machine', () => {
    const adopted = adopt({ token: { ...storedToken, type: 'DPoP' } })
    expect(adopted).toEqual({
      token: expect.objectContaining({
        generation: 3,
        issuedAt: NOW - MINUTE,
        expiresAt: NOW + 14 * MINUTE,
        tokenType: 'DPoP',
        scope: 'read',
      }),
      refreshAt: NOW + 9 * MINUTE,
      mandatoryAt: NOW + 13 * MINUTE,
      login: null,
    })
    expect(adopted?.token.value).toBe('invented-access')
  })

  it('P8 is taken only if it is newer than what the session has', () => {
    expect(adopt({}, { have: 2 })).not.toBeNull()
    expect(adopt({}, { have: 3 })).toBeNull()
    expect(adopt({ token: null })).toBeNull()
  })

  it('P5 is not taken once a server has refused it, to whomever', () => {
    expect(adopt({}, { rejected: 3 })).toBeNull()
    expect(adopt({ rejected: 3 })).toBeNull()
    expect(adopt({ rejected: 2 }, { rejected: 2 })).not.toBeNull()
  })

  it('P5 is not taken once it has died', () => {
    expect(adopt(tokenWith({ expiresAt: THERE }))).toBeNull()
    expect(adopt(tokenWith({ expiresAt: THERE + 1 }))).not.toBeNull()
  })

  it('P15 is not taken if a clock that does not agree with ours has dated it', () => {
    expect(adopt(tokenWith({ issuedAt: THERE + MINUTE }))).not.toBeNull()
    expect(adopt(tokenWith({ issuedAt: THERE + MINUTE + 1 }))).toBeNull()
  })
})
