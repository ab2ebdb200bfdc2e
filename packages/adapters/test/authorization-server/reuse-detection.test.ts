import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { memoryStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createRig } from './rig.ts'

const DAY = 86_400_000
const CALLS = 200

describe('a refresh token that comes a second time', () => {
  it.each([
    { name: 'memory', makeStore: () => memoryStore() },
    { name: 'a file', makeStore: () => fileStore(join(temporaryFolder(), '.secrets')) },
  ])('P2 from a stranger ends the grant: with $name, one refused request, then none', async ({ makeStore }) => {
    const rig = await createRig()
    const { authorization } = rig
    const store = makeStore()
    const session = rig.open({ store })
    const leaked = await rig.login()
    await session.setCredentials(leaked)
    const token = await session.getToken()

    expect(await rig.stranger('token', leaked)).toBe(400)
    expect(authorization.refusals).toEqual(['refresh token already used'])
    expect(authorization.revokedGrants).toBe(1)
    // The whole grant: the access token of the rightful owner is dead too, long before its time.
    expect(await rig.userinfo(token)).toBe(401)

    const before = authorization.tokenRequests
    await rig.untilNextRequest()
    session.reportRejected(token)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'grant-revoked', usable: false })
    expect(authorization.tokenRequests - before).toBe(1)

    const calls = await Promise.all(Array.from({ length: CALLS }, () => failureOf(session.getToken())))
    expect(new Set(calls.map((error) => (error as { code?: string } | null)?.code))).toEqual(new Set(['grant-revoked']))
    await rig.pass(DAY)
    const restarted = rig.open({ store })
    expect(await failureOf(restarted.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(authorization.tokenRequests - before).toBe(1)

    await session.setCredentials(await rig.login())
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: 2, lastFailure: null })
  })

  it('P7 since an answer was lost on its way is told apart, though the server says the same', async () => {
    const rig = await createRig()
    const { authorization } = rig
    let losing = false
    const session = rig.open({
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (!losing) return response
        losing = false
        await response.body?.cancel()
        throw new TypeError('fetch failed')
      },
    })
    await session.setCredentials(await rig.login())
    await session.getToken()
    losing = true
    await rig.pass((session.getSnapshot().refreshAt ?? 0) - rig.clock.time)
    await rig.clock.settleUntil(() => session.getSnapshot().attempts === 1)
    expect(session.getSnapshot()).toMatchObject({ state: 'expiring', usable: true })

    await rig.pass((session.getSnapshot().retryAt ?? 0) - rig.clock.time)
    await rig.clock.settleUntil(() => session.getSnapshot().state === 'revoked')
    expect(authorization.refusals).toEqual(['refresh token already used'])
    expect(session.getSnapshot()).toMatchObject({ reason: 'rotation-lost' })
    await rig.pass(DAY)
    expect(authorization.refusals).toHaveLength(1)
  })

  it('is what two programs with a store each do to each other, and with one store do not', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const credentials = await rig.login()
    const [first, second] = [rig.open({ credentials }), rig.open({ credentials })]
    const token = await first.getToken()
    expect(await failureOf(second.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(authorization.refusals).toEqual(['refresh token already used'])
    expect(await rig.userinfo(token)).toBe(401)

    const shared = { credentials: await rig.login(), store: memoryStore() }
    const [third, fourth] = [rig.open(shared), rig.open(shared)]
    const tokens = await Promise.all([third.getToken(), fourth.getToken()])
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(1)
    expect(authorization.refusals).toHaveLength(1)
  })
})
