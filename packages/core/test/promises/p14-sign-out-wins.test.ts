import { memoryStore } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

describe('P14 sign-out wins', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())

  /** A request that is answered only when told, whatever its signal says. */
  function heldAnswer() {
    let release: () => void = () => undefined
    rig.server.next(async () => {
      await new Promise<void>((resolve) => (release = resolve))
      return { accessToken: 'too-late', expiresIn: 900, refreshToken: 'too-late-refresh' }
    })
    return () => release()
  }

  it('P14 an answer that comes after sign-out signs nobody in again, here or in the store', async () => {
    const store = memoryStore()
    const session = rig.open({ store })
    const answerNow = heldAnswer()
    const caller = settled(session.getToken())
    await rig.clock.settle()
    await session.signOut()
    answerNow()
    await rig.clock.advance(60_000)
    expect(caller.result).toBe('signed-out')
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', usable: false, reason: 'signed-out' })
    expect(JSON.stringify((await store.read('grant/default'))?.value)).not.toContain('too-late')
    expect(await rig.ask(session)).toBe('signed-out')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P14 sign-out outlives a restart with the same credentials', async () => {
    const store = memoryStore()
    const session = rig.open({ store })
    await rig.ask(session)
    await session.signOut()
    await session.dispose()
    const restarted = rig.open({ store })
    expect(await rig.ask(restarted)).toBe('signed-out')
    const forced = settled(restarted.refresh({ force: true }))
    await rig.clock.settle()
    expect(forced.result).toBe('access-2')
  })

  it('P14 an answer for the old credentials is discarded once new ones are set', async () => {
    const session = rig.open()
    const answerNow = heldAnswer()
    const caller = settled(session.getToken())
    await rig.clock.settle()
    await session.setCredentials({ refreshToken: 'refresh-2' })
    answerNow()
    await rig.clock.advance(5_000)
    expect(caller.result).toBe('access-1')
    expect(rig.server.requests.at(-1)?.refreshToken).toBe('refresh-2')
    await rig.clock.advance(900_000)
    expect(new Set(rig.server.requests.slice(1).map(({ refreshToken }) => refreshToken))).toEqual(
      new Set(['refresh-2']),
    )
  })

  it('P14 sign-out in one session ends the others that share the store', async () => {
    const store = memoryStore()
    const [one, two] = [rig.open({ store }), rig.open({ store })]
    await rig.ask(one)
    await rig.ask(two)
    await one.signOut()
    await rig.clock.settle()
    expect(two.getSnapshot()).toMatchObject({ state: 'unauthenticated', reason: 'signed-out' })
    expect(two.peekToken()).toBeNull()
  })

  it('P14 an answer that lands after another session has signed out is discarded too', async () => {
    const store = memoryStore()
    const [one, two] = [rig.open({ store }), rig.open({ store })]
    const answerNow = heldAnswer()
    settled(one.getToken())
    await rig.clock.settle()
    await two.signOut()
    answerNow()
    await rig.clock.advance(60_000)
    expect(one.peekToken()).toBeNull()
    expect(JSON.stringify((await store.read('grant/default'))?.value)).not.toContain('too-late')
  })

  it('P14 also where the store cannot be watched: the epoch of the record tells', async () => {
    const unwatched = { ...memoryStore(), watch: () => ({ [Symbol.dispose]: () => undefined }) }
    const [one, two] = [rig.open({ store: unwatched }), rig.open({ store: unwatched })]
    const answerNow = heldAnswer()
    const caller = settled(one.getToken())
    await rig.clock.settle()
    await two.signOut()
    answerNow()
    await rig.clock.advance(60_000)
    expect(caller.result).toBe('signed-out')
    expect(JSON.stringify((await unwatched.read('grant/default'))?.value)).not.toContain('too-late')
  })

  it('P14 whoever insists does not sign in past a sign-out that they have not heard of, only past one that they have', async () => {
    const unwatched = { ...memoryStore(), watch: () => ({ [Symbol.dispose]: () => undefined }) }
    const [one, two] = [rig.open({ store: unwatched }), rig.open({ store: unwatched })]
    await rig.ask(one)
    await rig.ask(two)
    await two.signOut()
    const insisted = settled(one.refresh({ force: true }))
    await rig.clock.advance(60_000)
    expect(insisted.result).toBe('signed-out')
    expect((await unwatched.read('grant/default'))?.value).toMatchObject({ signedOut: true, journal: null })
    expect(rig.server.requests).toHaveLength(1)
    const again = settled(one.refresh({ force: true }))
    await rig.clock.advance(60_000)
    expect(again.result).toBe('access-2')
  })

  it('P14 nor past one that comes while they wait for the lease, and writes nothing that undoes it', async () => {
    const store = memoryStore()
    const [one, two] = [rig.open({ store }), rig.open({ store })]
    await rig.ask(one)
    await rig.ask(two)
    const held = await store.lease('grant/default', { ttl: 60_000, signal: new AbortController().signal })
    const insisted = settled(one.refresh({ force: true }))
    await rig.clock.settle()
    await two.signOut()
    await held.release()
    await rig.clock.advance(60_000)
    expect(insisted.result).toBe('signed-out')
    expect((await store.read('grant/default'))?.value).toMatchObject({ signedOut: true, journal: null })
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P14 sign-out can revoke the grant at the server', async () => {
    const revoked: string[] = []
    const provider = {
      ...rig.server.provider,
      revoke: async ({ refreshToken }: { refreshToken?: { reveal(): string } }) =>
        void revoked.push(refreshToken?.reveal() ?? ''),
    }
    const session = rig.open({ provider })
    await rig.ask(session)
    await session.signOut({ revoke: true })
    expect(revoked).toEqual(['refresh-1'])
  })
})
