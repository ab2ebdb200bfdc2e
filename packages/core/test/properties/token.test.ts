import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secret } from '../../src/secret.ts'
import { accessToken, type AccessTokenInput } from '../../src/token.ts'
import { everythingShown } from '../support/everything-shown.ts'
import { cases } from '../support/fuzz.ts'

const aTime = fc.oneof(fc.integer(), fc.double())

/** A marked value of any length and alphabet, so that it cannot be met by chance. */
const aValue = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()).map((text) => `canary${text}`)

const anInput: fc.Arbitrary<AccessTokenInput & { readonly value: string }> = fc.record(
  {
    value: aValue,
    generation: fc.oneof(fc.nat(), aTime),
    issuedAt: aTime,
    expiresAt: aTime,
    tokenType: fc.oneof(fc.constantFrom('Bearer', 'DPoP', ''), fc.string()),
    scope: fc.option(fc.string(), { nil: null }),
  },
  { requiredKeys: ['value', 'generation', 'issuedAt', 'expiresAt'] },
)

describe('an access token made of anything', () => {
  it('gives back what went in, and the header that belongs to it', () => {
    fc.assert(
      fc.property(anInput, fc.boolean(), (input, sealed) => {
        const token = accessToken(sealed ? { ...input, value: secret(input.value) } : input)
        const { tokenType = 'Bearer', scope = null, generation, issuedAt, expiresAt } = input
        expect(token.value).toBe(input.value)
        expect(token.authorization).toBe(tokenType === '' ? input.value : `${tokenType} ${input.value}`)
        expect([token.tokenType, token.scope]).toEqual([tokenType, scope])
        expect([token.generation, token.issuedAt, token.expiresAt]).toEqual([generation, issuedAt, expiresAt])
      }),
      cases(500),
    )
  })

  it('P11 shows its value to nobody who does not ask for it', () => {
    fc.assert(
      fc.property(anInput, (input) => {
        for (const [way, shown] of Object.entries(everythingShown(accessToken(input)))) {
          expect(shown.includes('canary') ? way : '').toBe('')
        }
      }),
      cases(150),
    )
  })

  it('cannot be changed', () => {
    const aName = fc.oneof(fc.string(), fc.constantFrom('value', 'authorization', 'expiresAt', 'toString', '__proto__'))
    fc.assert(
      fc.property(anInput, aName, fc.anything(), (input, name, value) => {
        const token = accessToken(input)
        const before = inspect(token)
        try {
          Reflect.set(token, name, value)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
        expect([inspect(token), token.value]).toEqual([before, input.value])
      }),
      cases(200),
    )
  })
})
