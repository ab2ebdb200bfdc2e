import { describe, expect, it } from 'vitest'
import { visibleText } from './support/visible-text.ts'

const CANARY = 'canary-in-a-coal-mine'

// A search that finds nothing anywhere would let every other test of P11 pass.
describe('the search for canaries', () => {
  const places: Readonly<Record<string, unknown>> = {
    message: new Error(CANARY),
    'a cause far down': new Error('a', { cause: new Error('b', { cause: new TypeError('c', { cause: CANARY }) }) }),
    'a hidden property': Object.defineProperty(new Error('a'), 'config', { value: { body: CANARY } }),
    'a property under a symbol': Object.assign(new Error('a'), { [Symbol('state')]: [CANARY] }),
    'the headers of a request': Object.assign(new Error('a'), {
      request: new Request('https://api.example.com', { headers: { authorization: `Bearer ${CANARY}` } }),
    }),
    'the address of a request': Object.assign(new Error('a'), { request: new Request(`https://a.test/?t=${CANARY}`) }),
    'a map': new Map([['token', CANARY]]),
    'what JSON says': { toJSON: () => CANARY },
    'an aggregate': new AggregateError([new Error(CANARY)]),
  }
  it.for(Object.entries(places))('finds one in %s', ([, value]) => {
    expect(visibleText(value)).toContain(CANARY)
  })
})
