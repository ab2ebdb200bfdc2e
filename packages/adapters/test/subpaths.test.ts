import { describe, expect, it } from 'vitest'

describe('the subpaths', () => {
  it('/tastytrade, /ky and /fetch give what they say, and no more', async () => {
    expect(Object.keys(await import('@evergrant/adapters/tastytrade')).toSorted()).toEqual([
      'createTastytrade',
      'tastytrade',
    ])
    expect(Object.keys(await import('@evergrant/adapters/ky'))).toEqual(['bearer'])
    expect(Object.keys(await import('@evergrant/adapters/fetch'))).toEqual(['bearerFetch'])
  })
})
