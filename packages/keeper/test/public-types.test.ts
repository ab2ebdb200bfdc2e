import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore, type Secret } from '@evergrant/core'
import { createKeeper, type CreatedKey, type KeeperOptions, type KeyScope } from '@evergrant/keeper'
import { describe, expectTypeOf, it } from 'vitest'

// What the compiler is to say of programs, right ones and wrong ones; `npm run check:types` looks at it.

describe('a keeper', () => {
  it('is not made before it is said how what it stores is sealed', () => {
    const provider = tastytrade({ environment: 'sandbox' })
    const store = memoryStore()
    const made = () => createKeeper({ provider, store, sealing: 'sealed-already' })
    expectTypeOf(made).returns.toHaveProperty('listen')
    expectTypeOf<{ provider: typeof provider; store: typeof store }>().not.toExtend<KeeperOptions>()
    expectTypeOf<{ provider: typeof provider; store: typeof store; sealing: 'no' }>().not.toExtend<KeeperOptions>()
  })

  it('hands a key out as a secret, with scopes that there are', () => {
    expectTypeOf<CreatedKey['key']>().toEqualTypeOf<Secret>()
    expectTypeOf<'root'>().not.toExtend<KeyScope>()
  })
})
