import { inspect } from 'node:util'
import { showings } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { secret } from '../src/secret.ts'
import { accessToken, type AccessToken } from '../src/token.ts'

const CANARY = 'canary-in-a-coal-mine'
const times = { generation: 3, issuedAt: 1_000, expiresAt: 901_000 }
const token = accessToken({ value: CANARY, scope: 'read trade', ...times })

describe('an access token', () => {
  it('carries what a caller needs', () => {
    const { value, authorization, generation, issuedAt, expiresAt, tokenType, scope } = token
    expect({ value, authorization, generation, issuedAt, expiresAt, tokenType, scope }).toEqual({
      value: CANARY,
      authorization: `Bearer ${CANARY}`,
      ...times,
      tokenType: 'Bearer',
      scope: 'read trade',
    })
  })

  it('P11 shows everything but itself', () => {
    expect(JSON.parse(JSON.stringify(token))).toEqual({
      ...times,
      tokenType: 'Bearer',
      scope: 'read trade',
      apiBaseUrl: null,
    })
    expect(Object.keys(token)).toEqual(expect.arrayContaining(['generation', 'issuedAt', 'expiresAt']))
    expect(showings(token)['a template string']).toBe('<[access token, generation 3]>')
  })

  it.for(Object.entries(showings(token)))('P11 shows no secret to %s', ([, shown]) => {
    expect(shown).not.toContain(CANARY)
  })

  it('P11 a copy of it has no secret', () => {
    for (const copy of [structuredClone(token), { ...token }, Object.assign({}, token)] as Partial<AccessToken>[]) {
      expect([copy.value, copy.authorization]).toEqual([undefined, undefined])
    }
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(token)).toBe(true)
    for (const name of ['value', 'authorization', 'expiresAt', 'generation', 'more']) {
      expect(Reflect.set(token, name, 9e15)).toBe(false)
    }
    expect(token.expiresAt).toBe(901_000)
  })

  it('takes a sealed value', () => {
    expect(accessToken({ value: secret(CANARY), ...times }).value).toBe(CANARY)
  })

  it('has no scope unless the server names one', () => {
    expect(accessToken({ value: CANARY, ...times }).scope).toBeNull()
  })

  it('goes bare into the header where the provider uses no scheme', () => {
    expect(accessToken({ value: CANARY, tokenType: '', ...times }).authorization).toBe(CANARY)
    expect(accessToken({ value: CANARY, tokenType: 'DPoP', ...times }).authorization).toBe(`DPoP ${CANARY}`)
  })
})

describe('a look that calls getters', () => {
  it('P11 shows no token', () => {
    const token = accessToken({ value: 'canary-token', generation: 1, issuedAt: 0, expiresAt: 1 })
    const seen = inspect(token, { showHidden: true, getters: true })
    expect(seen).not.toContain('canary-token')
    expect(seen).toContain('generation: 1')
  })
})
