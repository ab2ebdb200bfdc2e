import { accessToken, lifecycleMachine, secret } from '@evergrant/core'
import { CanaryFoundError, expectNoCanary, findCanaries, plantCanaries, SHORTEST_FRAGMENT } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { findCanariesInAll } from '../../src/canaries/find-canaries.ts'

const canaries = plantCanaries()
const CANARY = canaries.plant('refresh token')

function forms(value: unknown): readonly string[] {
  return [...new Set(findCanaries(value, canaries).map(({ form }) => form))]
}

// A search that finds nothing anywhere would let every other test of P11 pass.
describe('the search for canaries', () => {
  const places: Readonly<Record<string, unknown>> = {
    'a text': `<${CANARY}>`,
    'a message': new Error(CANARY),
    'a cause far down': new Error('a', { cause: new Error('b', { cause: new TypeError('c', { cause: CANARY }) }) }),
    'a stack': Object.assign(new Error('a'), { stack: `Error: a\n    at ${CANARY}` }),
    'the errors of an aggregate': new AggregateError([new Error('a'), new Error(CANARY)]),
    'a hidden property': Object.defineProperty(new Error('a'), 'config', { value: { body: CANARY } }),
    'a property under a symbol': Object.assign(new Error('a'), { [Symbol('state')]: [CANARY] }),
    'the name of a property': { [CANARY]: true },
    'a symbol': { key: Symbol(CANARY) },
    'a getter': Object.defineProperty({}, 'body', { get: () => CANARY }),
    'what a getter throws': Object.defineProperty({}, 'body', {
      get() {
        throw new Error(CANARY)
      },
    }),
    'a getter of the class of an error': new (class extends Error {
      get body() {
        return CANARY
      }
    })(),
    'what toJSON says': { toJSON: () => ({ a: CANARY }) },
    'what toString says': { toString: () => CANARY },
    'the hook of util.inspect': { [Symbol.for('nodejs.util.inspect.custom')]: () => CANARY },
    'plain data far down': { a: [{ b: { c: { d: { e: [CANARY] } } } }] },
    'what a proxy stands for': new Proxy({ a: CANARY }, { ownKeys: () => [], get: () => undefined }),
    'a function of plain data': { a: [{ valueOf: () => 1, toString: () => CANARY }] },
    'the name of a function': { run: Object.defineProperty(() => undefined, 'name', { value: CANARY }) },
    'a map': new Map([[{ a: 1 }, new Map([[CANARY, 1]])]]),
    'a set': new Set([[CANARY]]),
    'an ArrayBuffer': new TextEncoder().encode(CANARY).buffer,
    'bytes in UTF-16': Buffer.from(CANARY, 'utf16le'),
    'a URL': new URL(`https://a.test/?q=${encodeURIComponent(CANARY)}`),
    'URL parameters': new URLSearchParams({ q: CANARY }),
    'the headers of a request': { request: new Request('https://a.test', { headers: { authorization: CANARY } }) },
    'the address of a request': { request: new Request(`https://a.test/?t=${encodeURIComponent(CANARY)}`) },
    'the headers of a response': new Response('', { headers: { 'set-cookie': CANARY } }),
    'the reason of a signal': AbortSignal.abort(new Error(CANARY)),
    'something that refers to itself': (() => {
      const ring: { self?: unknown; secret?: string } = {}
      ring.self = ring
      ring.secret = CANARY
      return ring
    })(),
  }
  it.for(Object.entries(places))('finds one in %s', ([, value]) => {
    expect(findCanaries(value, canaries)).not.toEqual([])
  })

  const spellings: Readonly<Record<string, string>> = {
    'in a URL': `https://a.test/?q=${encodeURIComponent(CANARY)}`,
    'in a form': new URLSearchParams({ q: CANARY }).toString(),
    'in a form with small digits': new URLSearchParams({ q: CANARY })
      .toString()
      .replaceAll(/%../g, (code) => code.toLowerCase()),
    'in JSON': JSON.stringify({ a: CANARY }),
    'in JSON in JSON in a URL': encodeURIComponent(JSON.stringify(JSON.stringify({ a: CANARY }))),
    'in JSON with every character escaped': Array.from(CANARY, (letter) => `\\u00${hex(letter)}`).join(''),
    'in HTML': CANARY.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`),
    'in hexadecimal': Buffer.from(CANARY).toString('hex'),
    'in base64': Buffer.from(CANARY).toString('base64'),
    'in base64url': Buffer.from(CANARY).toString('base64url'),
    'in Basic authentication': `Basic ${Buffer.from(`id:${CANARY}`).toString('base64')}`,
    'in Basic authentication after a longer name': `Basic ${Buffer.from(`name:${CANARY}`).toString('base64')}`,
  }
  it.for(Object.entries(spellings))('finds one %s', ([, text]) => {
    expect(findCanaries({ text }, canaries)).not.toEqual([])
  })

  it('finds a fragment, wherever in the secret it begins, and nothing shorter', () => {
    for (let start = 0; start + SHORTEST_FRAGMENT <= CANARY.length; start += 1) {
      const fragment = CANARY.slice(start, start + SHORTEST_FRAGMENT)
      expect(canaries.find(`a ${fragment} b`)).toEqual([
        { canary: 'refresh token', form: 'plain', length: SHORTEST_FRAGMENT },
      ])
      expect(canaries.find(`a ${fragment.slice(1)} b`)).toEqual([])
    }
  })

  it('finds nothing where there is nothing', () => {
    const others = plantCanaries()
    const token = accessToken({ value: secret(CANARY), generation: 1, issuedAt: 0, expiresAt: 1 })
    const actor = createActor(lifecycleMachine).start()
    actor.send({ type: 'ADOPTED', token, refreshAt: 1, mandatoryAt: 2 })
    const sealed = [secret(CANARY), token, new Map([[secret(CANARY), token]]), actor.getSnapshot(), actor]
    expect(findCanaries(sealed, canaries)).toEqual([])
    expect(findCanaries([others.plant('another'), null, undefined, 0, () => 1, Symbol('a')], canaries)).toEqual([])
  })

  it('passes over what it has read, and names every value that a leak is in', () => {
    const leak = new Error(CANARY)
    const clean = { a: new Error('no') }
    const named: [string, unknown[]][] = [
      ['first', [clean, { text: `a ${CANARY}` }]],
      ['again', [clean, { text: `a ${CANARY}` }, leak]],
      ['last', [[clean, leak], `a ${CANARY}`]],
    ]
    const places = findCanariesInAll(named, canaries).map(({ place }) => place)
    for (const place of ['first: ["1"].text', 'again: ["1"].text', 'again: ["2"].message', 'last: ["1"]']) {
      expect(places).toContain(place)
    }
    expect(findCanariesInAll([['clean', [clean, clean]]], canaries)).toEqual([])
  })

  it('says where and in which form, and does not repeat the secret', () => {
    const value = new Error('a', { cause: { config: { 'x-body': `id:${btoa(CANARY)}` } } })
    expect(findCanaries(value, canaries)).toContainEqual({
      canary: 'refresh token',
      form: 'base64',
      length: btoa(CANARY).length,
      place: '.cause.config["x-body"]',
    })
    let thrown: unknown
    try {
      expectNoCanary(value, canaries)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(CanaryFoundError)
    expect((thrown as Error).message).toContain('refresh token')
    expect(forms(thrown)).toEqual([])
  })
})

describe('planted canaries', () => {
  it('are all different, and repeatable with a random source of their own', () => {
    const random = () => 0.25
    expect(plantCanaries().plant('a')).not.toBe(plantCanaries().plant('a'))
    expect(plantCanaries({ random }).plant('a')).toBe(plantCanaries({ random }).plant('a'))
  })

  it('are changed by every encoding, so that none is found by chance in its plain form', () => {
    for (const encoded of [
      encodeURIComponent(CANARY),
      JSON.stringify(CANARY),
      new URLSearchParams({ a: CANARY }).toString(),
    ]) {
      expect(encoded).not.toContain(CANARY)
    }
  })

  it('take in a secret that somebody else made, under its first name', () => {
    const own = plantCanaries()
    own.note('rotated refresh token', 'made-by-the-server')
    own.note('another name', 'made-by-the-server')
    expect(own.names).toEqual(['rotated refresh token'])
    expect(own.find('xmade-by-the-serverx').map(({ canary }) => canary)).toEqual(['rotated refresh token'])
  })

  it('of less than twelve characters count whole', () => {
    const own = plantCanaries()
    own.note('pin', 'q7-k2-z9')
    expect(own.find('the pin is q7-k2-z9')).toHaveLength(1)
    expect(own.find('the pin is q7-k2-z')).toEqual([])
  })

  it('are refused where they are too short to be told from other text', () => {
    expect(() => plantCanaries().note('pin', '1234')).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})

function hex(letter: string): string {
  return letter.charCodeAt(0).toString(16).padStart(2, '0')
}
