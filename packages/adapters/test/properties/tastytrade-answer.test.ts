import { isTokenRequestFailed, judge, sealCredentials, type Secret, type TokenResponse } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { tastytrade } from '../../src/tastytrade.ts'
import { anAnswer, isDefinitive, responseOf, type AnyAnswer } from '../support/any-answer.ts'
import { visibleText } from '../support/visible-text.ts'

const DAY = 86_400_000
const SECRETS = { clientSecret: 'canary-secret+1/', refreshToken: 'canary.refresh.2' }
const CREDENTIALS = sealCredentials(SECRETS)

async function outcomeOf(fetch: FetchFunction): Promise<{ response: TokenResponse } | { error: unknown }> {
  // In the place of core's deadline: a body that never ends is given up.
  const patience = new AbortController()
  const silence = new DOMException('too slow', 'TimeoutError')
  const gaveUp = new Promise<never>((_, reject) => {
    patience.signal.addEventListener('abort', () => reject(silence), { once: true })
  })
  setTimeout(() => patience.abort(silence), 500).unref()
  const { signal } = patience
  try {
    return { response: await Promise.race([tastytrade({ fetch }).requestToken(CREDENTIALS, { signal }), gaveUp]) }
  } catch (error) {
    return { error }
  }
}

const ending = anAnswer.filter(({ ends }) => ends !== 'never')

describe('any answer of the token endpoint', () => {
  it('P9 is a usable token or a typed failure, and condemns nothing without a definitive code', async () => {
    let granted = 0
    let revoked = 0
    await fc.assert(
      fc.asyncProperty(ending, async (answer) => {
        const outcome = await outcomeOf(async () => responseOf(answer))
        if ('response' in outcome) {
          granted += 1
          expectUsable(answer, outcome.response)
          return
        }
        const { error } = outcome
        if (!isTokenRequestFailed(error)) throw error
        const { failure } = error.details
        if (failure.retryAfter !== undefined) {
          expect(failure.retryAfter).toBeGreaterThanOrEqual(0)
          expect(failure.retryAfter).toBeLessThanOrEqual(DAY)
        }
        expect(Number.isNaN(failure.date ?? 0)).toBe(false)
        expect((failure.description ?? '').length).toBeLessThanOrEqual(201)
        if (judge(failure).kind !== 'revoked') return
        revoked += 1
        expect(isDefinitive(answer)).toBe(true)
      }),
      cases(1_000),
    )
    // Both were met, or this would prove nothing.
    expect(Math.min(granted, revoked)).toBeGreaterThan(5)
  })

  it('P11 shows nothing of what was sent, wherever the server repeats it', async () => {
    const echoes = [...Object.values(SECRETS), encodeURIComponent(SECRETS.clientSecret)]
    const places = fc.constantFrom('error_code', 'error_description', 'error', 'message', 'scope')
    const echo = fc.tuple(places, fc.constantFrom(...echoes), fc.string(), fc.string())
    await fc.assert(
      fc.asyncProperty(ending, fc.array(echo, { minLength: 1, maxLength: 4 }), async (answer, told) => {
        const members = told.map(([place, text, before, after]) => [place, `${before}${text}${after}`] as const)
        const body = new TextEncoder().encode(JSON.stringify(Object.fromEntries(members)))
        const outcome = await outcomeOf(async () => responseOf({ ...answer, body }))
        if ('response' in outcome) return
        const shown = visibleText(outcome.error)
        for (const text of echoes) expect(shown).not.toContain(text)
      }),
      cases(300),
    )
  })

  it('P9 and whatever fetch throws in its place, is a typed failure that condemns nothing and quotes nothing', async () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.string().map((text) => new TypeError(`${text} ${SECRETS.refreshToken}`)),
      fc.tuple(fc.string(), fc.anything()).map(([code, cause]) => Object.assign(new Error('x', { cause }), { code })),
    )
    await fc.assert(
      fc.asyncProperty(thrown, async (what) => {
        const outcome = await outcomeOf(() => Promise.reject(what))
        if (!('error' in outcome) || !isTokenRequestFailed(outcome.error)) throw new Error('not typed')
        expect(judge(outcome.error.details.failure).kind).toMatch(/^(?:transient|unanswered)$/)
        expect(visibleText(outcome.error)).not.toContain(SECRETS.refreshToken)
      }),
      cases(300),
    )
  })
})

function expectUsable({ status }: AnyAnswer, response: TokenResponse): void {
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(300)
  expect((response.accessToken as Secret).reveal()).toMatch(/^[\x21-\x7e]+$/)
  const { expiresIn = 0, date = 0, scope = 'read' } = response
  expect(Number.isFinite(expiresIn) && expiresIn >= 0).toBe(true)
  expect(Number.isFinite(date)).toBe(true)
  expect(scope).toBeTypeOf('string')
  if (response.refreshToken !== undefined) expect((response.refreshToken as Secret).reveal()).not.toBe('')
}
