import { describe, expect, it } from 'vitest'
import { DOORS, openScene, partOf } from './doors.ts'

describe.each(DOORS)('rotation at the fake, through the %s', (door) => {
  it('none: the answer names no refresh token, and the same one is good for ever', async () => {
    await using scene = await openScene(door)
    for (const _ of [1, 2, 3]) expect((await scene.grantOf()).json).not.toHaveProperty('refresh_token')
    await scene.clock.advance(365 * 86_400_000)
    expect((await scene.grantOf()).status).toBe(200)
    expect(scene.fake.currentRefreshToken()).toBe(scene.fake.credentials.refreshToken)
  })

  it('strict: each use gives the next refresh token', async () => {
    await using scene = await openScene(door, { rotation: 'strict' })
    const { fake } = scene
    const first = fake.credentials.refreshToken
    const second = String((await scene.grantOf()).json['refresh_token'])
    const third = String((await scene.grantOf({ refreshToken: second })).json['refresh_token'])
    expect(new Set([first, second, third]).size).toBe(3)
    expect(partOf(second, 0)).toMatchObject({ typ: 'rt+jwt' })
    expect(fake.currentRefreshToken()).toBe(third)
    expect(fake.credentials.refreshToken).toBe(first)
  })

  it('strict: a spent refresh token kills the whole grant, its access tokens too', async () => {
    await using scene = await openScene(door, { rotation: 'strict' })
    const { fake } = scene
    const { access_token: token, refresh_token: second } = (await scene.grantOf()).json
    expect((await scene.api('/customers/me', String(token))).status).toBe(200)
    const reused = await scene.grantOf()
    expect(reused.status).toBe(400)
    expect(reused.json).toEqual({ error_code: 'invalid_grant', error_description: 'Grant revoked' })
    expect(fake.requests.at(-1)?.outcome).toBe('token-reused')
    expect((await scene.grantOf({ refreshToken: String(second) })).json['error_description']).toBe('Grant revoked')
    expect((await scene.api('/customers/me', String(token))).status).toBe(401)
    expect(fake.failedLogins).toBe(2)
  })

  it('strict: a wrong client secret spends nothing', async () => {
    await using scene = await openScene(door, { rotation: 'strict' })
    await scene.grantOf({ clientSecret: 'wrong' })
    expect((await scene.grantOf()).status).toBe(200)
  })

  it('strict: other grants do not die with it', async () => {
    await using scene = await openScene(door, { rotation: 'strict' })
    const other = scene.fake.createGrant()
    const token = String((await scene.grantOf(other)).json['access_token'])
    await scene.grantOf()
    await scene.grantOf()
    expect((await scene.api('/customers/me', token)).status).toBe(200)
    const next = scene.fake.currentRefreshToken(other)
    expect((await scene.grantOf({ ...other, refreshToken: next })).status).toBe(200)
  })

  it('grace: the refresh token before is answered with the present one, as often as it comes, for a while', async () => {
    await using scene = await openScene(door, { rotation: 'grace', grace: 10_000 })
    const second = (await scene.grantOf()).json['refresh_token']
    await scene.clock.advance(10_000)
    for (const _ of [1, 2]) {
      const again = await scene.grantOf()
      expect([again.status, again.json['refresh_token']]).toEqual([200, second])
    }
    expect((await scene.grantOf({ refreshToken: String(second) })).status).toBe(200)
    expect(scene.fake.count({ outcome: 'granted' })).toBe(4)
  })

  it('grace: after that it is reuse, which kills the grant', async () => {
    await using scene = await openScene(door, { rotation: 'grace', grace: 10_000 })
    await scene.grantOf()
    await scene.clock.advance(10_001)
    expect((await scene.grantOf()).status).toBe(400)
    expect(scene.fake.requests.at(-1)?.outcome).toBe('token-reused')
    expect((await scene.grantOf({ refreshToken: scene.fake.currentRefreshToken() })).status).toBe(400)
  })

  it('grace: it covers the token before, not the one before that', async () => {
    await using scene = await openScene(door, { rotation: 'grace', grace: 10_000 })
    const second = String((await scene.grantOf()).json['refresh_token'])
    await scene.grantOf({ refreshToken: second })
    expect((await scene.grantOf()).status).toBe(400)
    expect(scene.fake.requests.at(-1)?.outcome).toBe('token-reused')
  })
})
