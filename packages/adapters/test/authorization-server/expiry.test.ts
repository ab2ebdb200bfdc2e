import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { createRig, type Rig } from './rig.ts'

const SECOND = 1_000
const MINUTE = 60_000
const DAY = 86_400_000

/** The machine sleeps while the server's time goes on. */
function sleep({ clock, authorization }: Rig, ms: number): void {
  authorization.database.age(ms / 1_000)
  clock.sleep(ms)
}

describe('what dies by its age', () => {
  it('P5 an access token is replaced before the server refuses it', async () => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials(await rig.login())
    const first = await session.getToken()
    await rig.nextLifetime(session)
    expect(await rig.userinfo(first)).toBe(200)
    await rig.pass(first.expiresAt - rig.clock.time + SECOND)
    expect(await rig.userinfo(first)).toBe(401)
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(rig.authorization.refusals).toEqual([])
  })

  it('P5 after a sleep longer than the access token lives nobody gets the dead one', async () => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials(await rig.login())
    const first = await session.getToken()
    sleep(rig, 60 * MINUTE)
    expect(await rig.userinfo(first)).toBe(401)
    const next = await session.getToken()
    expect(next.generation).toBe(2)
    expect(await rig.userinfo(next)).toBe(200)
    sleep(rig, 60 * MINUTE)
    expect(session.peekToken()).toBeNull()
  })

  it('P2 a refresh token that has expired is sent once, and a new login wakes the session', async () => {
    const rig = await createRig()
    const { authorization } = rig
    const session = rig.open()
    await session.setCredentials(await rig.login())
    await session.getToken()
    sleep(rig, 31 * DAY)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    await rig.pass(DAY)
    expect(await failureOf(session.getToken())).toMatchObject({ code: 'grant-revoked' })
    expect(authorization.refusals).toEqual(['refresh token is expired'])
    // Nothing was found stolen, so the server has ended nothing else.
    expect(authorization.revokedGrants).toBe(0)

    await session.setCredentials(await rig.login())
    expect(await rig.userinfo(await session.getToken())).toBe(200)
  })

  it('a grant outlives its first refresh token, since each rotation starts the age anew', async () => {
    const rig = await createRig()
    const session = rig.open()
    await session.setCredentials(await rig.login())
    await session.getToken()
    for (let month = 0; month < 3; month += 1) {
      sleep(rig, 29 * DAY)
      expect(await rig.userinfo(await session.getToken())).toBe(200)
    }
    expect(rig.authorization.refusals).toEqual([])
  })
})
