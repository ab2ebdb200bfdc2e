import { describe, expect, it } from 'vitest'
import { json } from './support/scripted-fetch.ts'
import { failureOf } from './support/token-answer.ts'

describe('Retry-After', () => {
  const date = 'Fri, 02 Jan 2026 15:00:00 GMT'
  it.for([
    ['5', undefined, 5000],
    ['0', undefined, 0],
    ['-5', undefined, 0],
    ['1.5', undefined, 1500],
    ['99999999999', undefined, 86_400_000],
    ['Fri, 02 Jan 2026 15:00:30 GMT', date, 30_000],
    ['Friday, 02-Jan-26 15:00:30 GMT', date, 30_000],
    ['Fri, 02 Jan 2026 14:59:00 GMT', date, 0],
    ['Fri, 02 Jan 2099 15:00:00 GMT', date, 86_400_000],
    ['Fri, 02 Jan 2026 15:00:30 GMT', undefined, undefined],
    ['soon', date, undefined],
    ['', date, undefined],
    ['Xyz, 99 Foo 2026 15:00:30 GMT', date, undefined],
  ] as const)('%s of an answer from %s is %s ms', async ([retryAfter, answered, expected]) => {
    const headers = { 'retry-after': retryAfter, ...(answered === undefined ? {} : { date: answered }) }
    expect((await failureOf(json({}, 429, headers))).retryAfter).toBe(expected)
    expect((await failureOf(json({}, 503, headers))).retryAfter).toBe(expected)
  })

  it('means nothing on a refusal', async () => {
    const failure = await failureOf(json({ error_code: 'invalid_grant' }, 400, { 'retry-after': '5' }))
    expect(failure).not.toHaveProperty('retryAfter')
  })
})
