import { showings } from '@evergrant/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint, isSecret, redact, secret } from '../src/secret.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

const CANARY = 'canary-in-a-coal-mine'

describe('text from elsewhere with one secret within another', () => {
  it('P11 loses the whole of both', () => {
    expect(redact('token abcdef', [secret('abc'), secret('abcdef')])).toBe('token [secret]')
  })
})

describe('a secret', () => {
  it('gives its text to whoever asks for it', () => {
    expect(secret(CANARY).reveal()).toBe(CANARY)
    expect(secret('').reveal()).toBe('')
  })

  it.for(Object.entries(showings(secret(CANARY))))('P11 shows nothing to %s', ([, shown]) => {
    expect(shown).not.toContain(CANARY)
  })

  it('P11 says that it is one', () => {
    const shown = showings(secret(CANARY))
    expect(shown['a template string']).toBe('<[secret]>')
    expect(shown['util.inspect']).toBe('[secret]')
    expect(shown['JSON.stringify']).toBe('{"held":"[secret]"}')
  })

  it('is not sealed twice', () => {
    const sealed = secret(CANARY)
    expect(secret(sealed)).toBe(sealed)
  })

  it('is known as one, also if another copy of this package made it', () => {
    const foreign = { reveal: () => CANARY, toString: () => '', toJSON: () => '' }
    expect([secret(CANARY), foreign].map(isSecret)).toEqual([true, true])
    expect([CANARY, null, undefined, 5, {}, { reveal: CANARY }, () => CANARY].some(isSecret)).toBe(false)
    expect(secret(foreign).reveal()).toBe(CANARY)
  })
})

describe('fingerprint', () => {
  it('is 32 hexadecimal digits, and always the same', () => {
    expect(fingerprint('issuer', undefined, 'refresh')).toMatch(/^[0-9a-f]{32}$/)
    // Written down, since a change would make every condemned credential of every store unknown.
    expect(fingerprint('https://server.test', 'client-1', secret('secret-1'), secret('refresh-1'))).toBe(
      'a281487248c898171c97b4b6bcbd41ce',
    )
    expect(fingerprint('https://server.test', undefined, secret('secret-1'), secret('refresh-1'))).toBe(
      'f34a9c69a686ee28ce3b11f2edfdecc7',
    )
  })

  it('is the same for a text, sealed or not', () => {
    expect(fingerprint(secret('a'), 'b')).toBe(fingerprint('a', secret('b')))
  })

  it('P2 differs for different secrets, however they are cut into parts', () => {
    const part = fc.option(fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('-', '+', '"', ',', '+a')), {
      nil: undefined,
    })
    const parts = fc.array(part, { maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(fingerprint(...a) === fingerprint(...b)).toBe(JSON.stringify(marked(a)) === JSON.stringify(marked(b)))
      }),
      {
        numRuns: 300,
        examples: [
          [['a', 'b'], ['ab']],
          [[undefined], ['']],
          [[undefined], ['-']],
          [[], [undefined]],
        ],
      },
    )
  })

  it('P11 holds nothing of the secret', () => {
    expect(fingerprint('abc', 'deadbeef')).not.toContain('deadbeef')
  })
})

const marked = (parts: readonly (string | undefined)[]) => parts.map((part) => (part === undefined ? [] : [part]))

describe('redact', () => {
  it('P11 blots out every known secret, as often as it comes', () => {
    const text = `grant ${CANARY} of ${CANARY}, client other-secret`
    const clean = redact(text, [secret(CANARY), undefined, secret('other-secret')])
    expect(clean).toBe('grant [secret] of [secret], client [secret]')
  })

  it('takes a secret for a text, not for a pattern', () => {
    expect(redact('a.c abc', [secret('a.c')])).toBe('[secret] abc')
    expect(redact('$& $1', [secret('$1')])).toBe('$& [secret]')
  })

  it('leaves the text alone where there is no secret, or an empty one', () => {
    expect(redact('Grant revoked', [undefined, secret('')])).toBe('Grant revoked')
    expect(redact('Grant revoked', [])).toBe('Grant revoked')
  })

  it('folds control characters, so that nobody writes a line of a log', () => {
    expect(redact('a\r\n\u001B[31mb\u0000c\u202Ed\u0000', [])).toBe('a [31mb c d')
  })

  it('keeps 200 characters', () => {
    expect(redact('x'.repeat(200), [])).toBe('x'.repeat(200))
    expect(redact('x'.repeat(201), [])).toBe(`${'x'.repeat(200)}…`)
  })

  it('P11 cuts after blotting out, so that no half of a secret stays', () => {
    const clean = redact(`${'x'.repeat(190)}${CANARY}`, [secret(CANARY)])
    expect(clean).toBe(`${'x'.repeat(190)}[secret]`)
  })

  const LONG = 'sk-~q"7+Zr/pL!w%9(x)=Vu\\bN'
  const spellings: Readonly<Record<string, string>> = {
    'in a URL': encodeURIComponent(LONG),
    'in a form': new URLSearchParams({ a: LONG }).toString().slice('a='.length),
    'in JSON': JSON.stringify(LONG).slice(1, -1),
    'in hexadecimal': Buffer.from(LONG).toString('hex'),
    'in large hexadecimal': Buffer.from(LONG).toString('hex').toUpperCase(),
    'in base64': Buffer.from(LONG).toString('base64').replace(/.=*$/, ''),
    'in base64url': Buffer.from(LONG).toString('base64url').slice(0, -1),
    'cut short': LONG.slice(0, 12),
    'cut short, in a URL': encodeURIComponent(LONG).slice(0, 12),
    'without its beginning': LONG.slice(-12),
  }
  it.for(Object.entries(spellings))('P11 blots it out %s', ([, spelling]) => {
    expect(redact(`got <${spelling}> from you`, [secret(LONG)])).toBe('got <[secret]> from you')
  })

  it.for(['', 'i', 'id', 'client'])('P11 blots it out in the Basic authentication of %o', (id) => {
    const clean = redact(`Basic ${Buffer.from(`${id}:${LONG}`).toString('base64')}`, [secret(LONG)])
    expect(clean).toMatch(/^Basic \S{0,11}\[secret\]\S{0,4}$/)
  })

  it('leaves alone what only looks like a part, and what an encoding makes of a short secret', () => {
    const eleven = LONG.slice(3, 14)
    expect(redact(`got ${eleven} from you`, [secret(LONG)])).toBe(`got ${eleven} from you`)
    expect(redact(`got ${btoa('abc')} and 616263`, [secret('abc')])).toBe(`got ${btoa('abc')} and 616263`)
  })

  it.for([
    ['a form, as short as it is', 'a b&c', 'a+b%26c'],
    ['a URL, as short as it is', 'a b&c', 'a%20b%26c'],
    ['JSON, as short as it is', 'a"b', String.raw`a\"b`],
    ['twelve hexadecimal digits', 'a"b c+', '61226220632b'],
    ['base64 with signs of its own', '~~~???>>>~~~???', 'fn5+Pz8/Pj4+fn5+Pz8/'],
    ['base64 for URLs', '~~~???>>>~~~???', 'fn5-Pz8_Pj4-fn5-Pz8_'],
  ] as const)('P11 blots out what is written in %s', ([, text, written]) => {
    expect(redact(`got ${written} here`, [secret(text)])).toBe('got [secret] here')
  })

  it('P11 leaves no secret in any text', () => {
    const piece = fc.oneof(fc.string({ maxLength: 20 }), fc.constant(CANARY))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const clean = redact(pieces.join(''), [secret(CANARY)])
        expect(clean).not.toContain(CANARY)
        expect(clean.length).toBeLessThanOrEqual(201)
      }),
    )
  })
})
