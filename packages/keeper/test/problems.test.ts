import { EvergrantError, type ErrorCode } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../src/http/problem-of.ts'
import { Problem, PROBLEM_CODES, problemResponse } from '../src/http/problem.ts'

const NOW = Date.UTC(2026, 2, 2, 14, 30)

function problemFor(code: ErrorCode, details: object = {}): Problem {
  return problemOf(
    Object.assign(new EvergrantError('internal', { message: 'x', help: 'y', details: { where: '' } }), {
      code,
      details,
    }),
    NOW,
  )
}

describe('a problem', () => {
  it.each(PROBLEM_CODES)('%s says what to do, in the form of RFC 9457', async (code) => {
    const answer = problemResponse(new Problem(code, { detail: 'x', help: 'Do this.' }), 'id-1', NOW)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      type: `urn:evergrant:problem:${code}`,
      title: expect.stringMatching(/./),
      status: answer.status,
      detail: 'x',
      code,
      help: 'Do this.',
      request_id: 'id-1',
    })
  })

  it.each([
    ['grant-revoked', 409, 'grant-revoked'],
    ['client-rejected', 409, 'client-rejected'],
    ['rotation-lost', 409, 'rotation-lost'],
    ['login-expired', 409, 'login-expired'],
    ['ip-block-suspected', 503, 'ip-block-suspected'],
    ['edge-refused', 503, 'edge-refused'],
    ['login-budget-spent', 503, 'login-budget-spent'],
    ['token-unavailable', 503, 'token-unavailable'],
    ['no-progress', 503, 'token-unavailable'],
    ['wait-timeout', 504, 'wait-timeout'],
    ['lease-timeout', 504, 'wait-timeout'],
    ['credentials-missing', 404, 'account-unknown'],
    ['signed-out', 404, 'account-unknown'],
    ['disposed', 503, 'draining'],
    ['store-unavailable', 503, 'store-unavailable'],
    ['store-conflict', 503, 'store-unavailable'],
    ['lease-lost', 503, 'store-unavailable'],
    ['store-corrupt', 500, 'store-unreadable'],
    ['record-corrupt', 500, 'store-unreadable'],
    ['record-from-future', 500, 'store-unreadable'],
    ['wrong-issuer', 500, 'store-unreadable'],
    ['min-ttl-unreachable', 400, 'min-ttl-unreachable'],
    ['invalid-options', 400, 'invalid-request'],
  ] as const)('of core, %s, is %i %s', async (code, status, problem) => {
    const answer = problemResponse(problemFor(code), 'id', NOW)
    expect(answer.status).toBe(status)
    const body = (await answer.json()) as Record<string, string>
    expect(body['code']).toBe(problem)
    expect(body['help']).toMatch(/./)
    if (status === 503)
      expect([code, answer.headers.has('retry-after')]).toEqual([code, !/block|edge|budget/.test(code)])
  })

  it('says when to come again, in both ways, and never in the past', () => {
    const blocked = problemResponse(
      problemFor('ip-block-suspected', { until: NOW + 60_000, retryAt: NOW + 1_500 }),
      'id',
      NOW,
    )
    expect(blocked.headers.get('retry-after')).toBe('2')
    const past = problemResponse(problemFor('token-unavailable', { retryAt: NOW - 5_000 }), 'id', NOW)
    expect(past.headers.get('retry-after')).toBe('1')
    const unknown = problemResponse(problemFor('token-unavailable', { retryAt: null }), 'id', NOW)
    expect(unknown.headers.get('retry-after')).toBe('5')
  })

  it('that nobody foresaw is told by its kind alone', async () => {
    for (const error of [new TypeError('test-secret'), 'test-secret', { message: 'test-secret' }, null]) {
      const answer = problemResponse(problemOf(error, NOW), 'id', NOW)
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toContain('test-secret')
    }
  })
})
