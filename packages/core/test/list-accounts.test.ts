import { createSession, grantKey, listAccounts, memoryStore, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { createRig } from './promises/rig.ts'

describe('the accounts of a store', () => {
  it('are named in order, and nothing else of the store is', async () => {
    const rig = createRig()
    const store = memoryStore()
    expect(await listAccounts(store)).toEqual([])
    for (const account of ['second', 'a/b', 'first', '__proto__']) {
      const session = createSession({ provider: rig.server.provider, store, account, clock: rig.clock })
      await session.setCredentials({ refreshToken: `refresh-${account}` })
      if (account === 'second') await session.signOut()
      await session.dispose()
    }
    await store.write('issuer/https://server.test', {})
    await store.write('grant/gone', {})
    await store.delete('grant/gone')
    expect(await listAccounts(store)).toEqual(['__proto__', 'a/b', 'first', 'second'])
    await rig.close()
  })

  it('are not known where a store cannot list its keys', async () => {
    const store: TokenStore = { ...memoryStore() }
    delete store.keys
    await expect(listAccounts(store)).rejects.toMatchObject({ code: 'invalid-options', details: { option: 'store' } })
  })
})

describe('the key of an account', () => {
  it('is that of its record, and of the lease under which its token is fetched', async () => {
    const rig = createRig()
    const inner = memoryStore()
    const leased: string[] = []
    const store: TokenStore = {
      ...inner,
      lease(key, options) {
        leased.push(key)
        return inner.lease(key, options)
      },
    }
    const session = createSession({ provider: rig.server.provider, store, account: 'a/b', clock: rig.clock })
    await session.setCredentials({ refreshToken: 'refresh-invented' })
    const asked = session.getToken().catch(() => null)
    await rig.clock.advance(1_000)
    await session.dispose()
    await asked
    expect(await inner.keys?.(grantKey(''))).toEqual([grantKey('a/b')])
    expect(new Set(leased)).toEqual(new Set([grantKey('a/b')]))
    await rig.close()
  })
})
