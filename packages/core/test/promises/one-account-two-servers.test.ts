import { memoryStore, readAccount } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig } from './rig.ts'

const OTHER = 'https://sandbox.server.test'

describe('P11 an account that the store keeps for another server', () => {
  let rig: ReturnType<typeof createRig>
  let store: ReturnType<typeof memoryStore>
  beforeEach(async () => {
    rig = createRig()
    store = memoryStore()
    const session = rig.open({ store, credentials: [] })
    await session.setCredentials({ refreshToken: 'refresh-1' })
    rig.server.next({ refreshToken: 'refresh-2' })
    await session.getToken()
  })
  afterEach(() => rig.close())

  const other = () => ({ ...rig.server.provider, issuer: OTHER })
  const kept = async () => JSON.stringify(await store.read('grant/default'))

  it.for([
    ['without credentials of its own', []],
    ['with credentials of its own', { refreshToken: 'refresh-of-sandbox' }],
  ] as const)('P11 is neither sent nor shown to this one, and not lost: %s', async ([, credentials]) => {
    const before = await kept()
    const session = rig.open({ provider: other(), store, credentials })
    expect(await rig.ask(session)).toBe('wrong-issuer')
    expect(session.peekToken()).toBeNull()
    expect(session.getSnapshot().lastFailure?.help).toContain('a store of its own')
    expect(rig.server.requests).toHaveLength(1)
    expect(await kept()).toBe(before)
  })

  it('P11 is neither replaced nor signed out by this one', async () => {
    const before = await kept()
    const session = rig.open({ provider: other(), store, credentials: [] })
    await expect(session.setCredentials({ refreshToken: 'x' })).rejects.toMatchObject({ code: 'wrong-issuer' })
    await expect(session.signOut()).rejects.toMatchObject({ code: 'wrong-issuer', details: { key: 'grant/default' } })
    await expect(readAccount({ provider: other(), store })).rejects.toMatchObject({ code: 'wrong-issuer' })
    expect(await kept()).toBe(before)
  })

  it('is free for another once it was signed out at its own', async () => {
    await rig.open({ store, credentials: [] }).signOut()
    const session = rig.open({ provider: other(), store, credentials: [] })
    await session.setCredentials({ refreshToken: 'refresh-of-sandbox' })
    expect(await rig.ask(session)).toBe('access-2')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-of-sandbox'])
  })
})
