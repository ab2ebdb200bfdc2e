import {
  createSession,
  isEvergrantError,
  isGrantRevoked,
  memoryStore,
  secret,
  type AccessToken,
  type ErrorCode,
  type Provider,
  type Secret,
  type SessionState,
  type SessionStatus,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import type { Observable } from 'rxjs'
import { describe, expectTypeOf, it } from 'vitest'

// What the compiler is to say of programs, right ones and wrong ones; `npm run check:types` looks at it.

interface MyProvider extends Provider {
  readonly shop: 'open' | 'closed'
}

type Options = Parameters<typeof createSession>[0]

describe('a session', () => {
  it('gives its provider back as it was given', () => {
    const open = (provider: MyProvider) => createSession({ provider })
    expectTypeOf<ReturnType<typeof open>>().toEqualTypeOf<TokenSession<MyProvider>>()
    expectTypeOf<ReturnType<typeof open>['provider']['shop']>().toEqualTypeOf<'open' | 'closed'>()
  })

  it('is not made without a provider, nor with what is none', () => {
    expectTypeOf<{ store: TokenStore }>().not.toExtend<Options>()
    expectTypeOf<{ provider: { issuer: string } }>().not.toExtend<Options>()
    expectTypeOf<{ provider: Provider; eager: 'yes' }>().not.toExtend<Options>()
  })

  it('promises a token and never null, and shows null where there is none', () => {
    expectTypeOf<ReturnType<TokenSession['getToken']>>().toEqualTypeOf<Promise<AccessToken>>()
    expectTypeOf<ReturnType<TokenSession['peekToken']>>().toEqualTypeOf<AccessToken | null>()
    expectTypeOf<TokenSession['token$']>().toEqualTypeOf<Observable<AccessToken | null>>()
  })

  it('is in one of seven states', () => {
    type Seven = 'unauthenticated' | 'refreshing' | 'valid' | 'expiring' | 'backoff' | 'blocked' | 'revoked'
    expectTypeOf<SessionState>().toEqualTypeOf<Seven>()
    expectTypeOf<SessionStatus['state']>().toEqualTypeOf<Seven>()
    expectTypeOf<'ip-blocked'>().not.toExtend<SessionState>()
  })

  it('shows what nobody can change', () => {
    expectTypeOf<SessionStatus>().toEqualTypeOf<Readonly<SessionStatus>>()
    expectTypeOf<AccessToken>().toEqualTypeOf<Readonly<AccessToken>>()
  })
})

describe('a secret', () => {
  it('is no text, and no text is one', () => {
    expectTypeOf<Secret>().not.toExtend<string>()
    expectTypeOf<string>().not.toExtend<Secret>()
    expectTypeOf(secret('invented-secret-of-a-test').reveal()).toBeString()
  })
})

describe('an error', () => {
  it('is known by its code, and then tells what belongs to that', () => {
    const error: unknown = null
    if (isEvergrantError(error, 'wait-timeout')) {
      expectTypeOf(error.code).toEqualTypeOf<'wait-timeout'>()
      expectTypeOf(error.details.waited).toBeNumber()
      expectTypeOf(error.details).not.toHaveProperty('issuer')
    }
    if (isGrantRevoked(error)) expectTypeOf(error.code).toEqualTypeOf<'grant-revoked'>()
    expectTypeOf<'no-such-code'>().not.toExtend<ErrorCode>()
  })
})

describe('a store', () => {
  it('says how far it reaches', () => {
    expectTypeOf(memoryStore()).toExtend<TokenStore>()
    expectTypeOf<Omit<TokenStore, 'sharing'>>().not.toExtend<TokenStore>()
    expectTypeOf<TokenStore & { sharing: 'planet' }>().toEqualTypeOf<never>()
  })
})
