import { isTokenRequestFailed, judge, sealCredentials, type TokenResponse } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { oauth2 } from '../../src/oauth2.ts'
import { anAnswer, isDefinitive, responseOf } from '../support/any-answer.ts'
import { visibleText } from '../support/visible-text.ts'
import { revealed } from './rig.ts'

const REFRESH_TOKEN = 'canary.refresh.of-any-answer'
const CREDENTIALS = sealCredentials({
  clientId: 'made-up',
  clientSecret: 'canary-secret+1/',
  refreshToken: REFRESH_TOKEN,
})
const ending = anAnswer.filter(({ ends }) => ends !== 'never')
const { signal } = new AbortController()

async function outcomeOf(fetch: FetchFunction): Promise<{ response: TokenResponse } | { error: unknown }> {
  const provider = oauth2({ endpoints: { token: 'https://auth.test/token' }, fetch })
  try {
    return { response: await provider.requestToken(CREDENTIALS, { signal }) }
  } catch (error) {
    return { error }
  }
}

describe('any answer of a token endpoint', () => {
  it('P9 is a usable token or a typed failure, and condemns nothing without a definitive code', async () => {
    let granted = 0
    let revoked = 0
    await fc.assert(
      fc.asyncProperty(ending, async (answer) => {
        const outcome = await outcomeOf(async () => responseOf(answer))
        if ('response' in outcome) {
          granted += 1
          const { accessToken, tokenType = 'Bearer', expiresIn = 0 } = outcome.response
          expect(answer.status).toBeLessThan(300)
          expect(`${tokenType} ${revealed(accessToken)}`).toMatch(/^[\x21-\x7e]+ [\x21-\x7e]+$/)
          expect(Number.isFinite(expiresIn) && expiresIn >= 0).toBe(true)
          return
        }
        if (!isTokenRequestFailed(outcome.error)) throw outcome.error
        if (judge(outcome.error.details.failure).kind !== 'revoked') return
        revoked += 1
        expect(isDefinitive(answer)).toBe(true)
      }),
      cases(1_000),
    )
    // Both were met, or this would prove nothing.
    expect(Math.min(granted, revoked)).toBeGreaterThan(5)
  })

  it('P9 to the look-up of the metadata is a typed failure that condemns nothing', async () => {
    await fc.assert(
      fc.asyncProperty(ending, async (answer) => {
        const fetch: FetchFunction = async (_input, init) => {
          expect(init?.method).toBe('GET')
          return responseOf(answer)
        }
        const provider = oauth2({ issuer: 'https://auth.test', fetch })
        const error: unknown = await provider.requestToken(CREDENTIALS, { signal }).catch((thrown: unknown) => thrown)
        if (!isTokenRequestFailed(error)) throw error
        const { failure } = error.details
        expect((provider.judge?.(failure) ?? judge(failure)).kind).not.toBe('revoked')
      }),
      cases(300),
    )
  })

  it('P9 and whatever fetch throws in its place, is a typed failure that condemns nothing and quotes nothing', async () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.string().map((text) => new TypeError(`${text} ${REFRESH_TOKEN}`)),
      fc.tuple(fc.string(), fc.anything()).map(([code, cause]) => Object.assign(new Error('x', { cause }), { code })),
    )
    await fc.assert(
      fc.asyncProperty(thrown, async (what) => {
        const outcome = await outcomeOf(() => Promise.reject(what))
        if (!('error' in outcome) || !isTokenRequestFailed(outcome.error)) throw new Error('not typed')
        expect(judge(outcome.error.details.failure).kind).toMatch(/^(?:transient|unanswered)$/)
        expect(visibleText(outcome.error)).not.toContain(REFRESH_TOKEN)
      }),
      cases(300),
    )
  })
})
