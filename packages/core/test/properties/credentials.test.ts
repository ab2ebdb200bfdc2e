import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { credentialsFingerprint, sealCredentials, type CredentialsInput } from '../../src/credentials.ts'
import { fingerprint, redact, secret } from '../../src/secret.ts'
import { cases } from '../support/fuzz.ts'

/** Texts that lean on each other's boundaries: quotes, commas, signs of absence, halves of surrogate pairs. */
const aPart = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', ',', '+', '-', '\\', '[', ']', 'a', '\ud83d', '\ude00', '\0', 'é'),
    maxLength: 6,
  }),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const aList = fc.array(fc.option(aPart, { nil: undefined }), { maxLength: 4 })
const someCredentials: fc.Arbitrary<CredentialsInput> = fc.record(
  { clientId: aPart, clientSecret: aPart, refreshToken: aPart },
  { requiredKeys: [] },
)
const equal = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((part, index) => part === b[index])

describe('the mark of any texts', () => {
  it('P2 is the same for the same list, sealed or not, and for no other', () => {
    fc.assert(
      fc.property(aList, aList, (a, b) => {
        expect(fingerprint(...a)).toMatch(/^[0-9a-f]{32}$/)
        expect(fingerprint(...a.map((part) => (part === undefined ? part : secret(part))))).toBe(fingerprint(...a))
        expect(fingerprint(...a) === fingerprint(...b)).toBe(equal(a, b))
      }),
      cases(2_000),
    )
  })

  it('P2 moves with every boundary between its parts', () => {
    fc.assert(
      fc.property(aPart, aPart, fc.nat(), (a, b, at) => {
        const whole = a + b
        const cut = at % (whole.length + 1)
        const same = cut === a.length
        expect(fingerprint(whole.slice(0, cut), whole.slice(cut)) === fingerprint(a, b)).toBe(same)
        expect(fingerprint(whole)).not.toBe(fingerprint(a, b))
        expect(fingerprint(undefined, whole)).not.toBe(fingerprint('', whole))
      }),
      cases(1_000),
    )
  })

  it('P2 tells credentials apart by each field and by the server', () => {
    const filled = ({ clientId, clientSecret, refreshToken }: CredentialsInput) =>
      [clientId, clientSecret, refreshToken].map((part) => (part === '' ? undefined : part))
    fc.assert(
      fc.property(someCredentials, someCredentials, fc.boolean(), (a, b, elsewhere) => {
        const mark = credentialsFingerprint('https://a.test', sealCredentials(a))
        const other = credentialsFingerprint(elsewhere ? 'https://b.test' : 'https://a.test', sealCredentials(b))
        expect(mark === other).toBe(!elsewhere && equal(filled(a), filled(b)))
      }),
      cases(1_000),
    )
  })
})

describe('any text from elsewhere', () => {
  it('P11 loses each secret that it echoes, and what cannot be printed', () => {
    // Digits and capitals only: what is put in their place has none of them.
    const aSecret = fc.string({ unit: fc.constantFrom('0', '1', '7', 'A', 'B', 'F'), minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(aSecret, { minLength: 1, maxLength: 3 }),
        fc.array(fc.string({ unit: 'binary' })),
        (known, noise) => {
          const text = noise.flatMap((piece, index) => [piece, known[index % known.length]!]).join('')
          const shown = redact(text, known.map(secret))
          for (const value of known) expect(shown).not.toContain(value)
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          expect(shown.length).toBeLessThanOrEqual(201)
        },
      ),
      cases(500),
    )
  })
})
