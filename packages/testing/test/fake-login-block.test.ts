import { describe, expect, it } from 'vitest'
import { DOORS, failureOf, openScene, type Scene } from './doors.ts'

const HOUR = 3_600_000

/** Sends a request that gets no answer, and leaves once the fake has dropped it. */
async function droppedRequest(scene: Scene, path = '/oauth/token'): Promise<Error> {
  const leave = new AbortController()
  const dropped = new Promise<void>((resolve) => {
    const watching = scene.fake.onRequest(() => {
      watching[Symbol.dispose]()
      resolve()
    })
  })
  const answer =
    path === '/oauth/token' ? scene.askToken({ signal: leave.signal }) : scene.send(path, { signal: leave.signal })
  const failure = failureOf(answer)
  await dropped
  expect(scene.fake.openRequests).toBe(1)
  leave.abort(new Error('the client has had enough'))
  const error = await failure
  await scene.clock.settleUntil(() => scene.fake.openRequests === 0)
  return error
}

describe.each(DOORS)('the address block of the fake, through the %s', (door) => {
  it('does not exist unless asked for', async () => {
    await using scene = await openScene(door)
    for (let failed = 0; failed < 20; failed += 1) await scene.grantOf({ refreshToken: 'wrong' })
    expect(scene.fake.blocked).toBe(false)
    expect(scene.fake.failedLogins).toBe(20)
    expect((await scene.grantOf()).status).toBe(200)
  })

  it('answers the failed login that earns it, and from then on nothing on any path', async () => {
    await using scene = await openScene(door, { blockAfter: 3 })
    const { fake } = scene
    const token = fake.mintAccessToken()
    for (const _ of [1, 2]) await scene.grantOf({ refreshToken: 'wrong' })
    expect(fake.blocked).toBe(false)
    expect((await scene.grantOf({ clientSecret: 'wrong' })).status).toBe(400)
    expect(fake.blocked).toBe(true)
    fake.resetLog()
    await droppedRequest(scene)
    await droppedRequest(scene, '/')
    await droppedRequest(scene, '/customers/me')
    expect(fake.requests.map(({ outcome, status, path }) => [path, outcome, status])).toEqual([
      ['/oauth/token', 'blocked', null],
      ['/', 'blocked', null],
      ['/customers/me', 'blocked', null],
    ])
    fake.unblock()
    expect((await scene.api('/customers/me', token)).status).toBe(200)
  })

  it('ends after its time, and the count begins anew', async () => {
    await using scene = await openScene(door, { blockAfter: 2 })
    for (const _ of [1, 2]) await scene.grantOf({ refreshToken: 'wrong' })
    await scene.clock.advance(8 * HOUR - 1)
    expect(scene.fake.blocked).toBe(true)
    await scene.clock.advance(1)
    expect(scene.fake.blocked).toBe(false)
    await scene.grantOf({ refreshToken: 'wrong' })
    expect(scene.fake.blocked).toBe(false)
    await scene.grantOf({ refreshToken: 'wrong' })
    expect(scene.fake.blocked).toBe(true)
  })

  it('counts failed logins within its window only', async () => {
    await using scene = await openScene(door, { blockAfter: 2, blockWindow: 60_000, blockFor: 1_000 })
    await scene.grantOf({ refreshToken: 'wrong' })
    await scene.clock.advance(60_000)
    await scene.grantOf({ refreshToken: 'wrong' })
    expect(scene.fake.blocked).toBe(false)
    await scene.clock.advance(59_999)
    await scene.grantOf({ refreshToken: 'wrong' })
    expect(scene.fake.blocked).toBe(true)
    await scene.clock.advance(1_000)
    expect(scene.fake.blocked).toBe(false)
  })

  it('counts scripted refusals like real ones, and what is no refusal not at all', async () => {
    await using scene = await openScene(door, { blockAfter: 100 })
    const { fake } = scene
    fake.fail('transient-invalid-request')
    fake.fail('server-error', { code: 'invalid_grant' })
    fake.fail('edge-html')
    fake.fail('too-many-requests')
    for (let request = 0; request < 4; request += 1) await scene.askToken()
    expect(fake.failedLogins).toBe(0)
    fake.fail('grant-revoked')
    fake.fail('invalid-jwt')
    fake.fail('client-secret-mismatch')
    fake.fail('rfc-error')
    fake.fail('object-error', { code: 'unauthorized_client' })
    fake.fail('echo-secrets', { code: 'invalid_grant' })
    for (let request = 0; request < 6; request += 1) expect((await scene.askToken()).status).toBe(400)
    expect(fake.failedLogins).toBe(6)
  })

  it('can be scripted, beginning with the request that meets it', async () => {
    await using scene = await openScene(door)
    scene.fake.fail('address-block', { blockFor: HOUR })
    expect(scene.fake.blocked).toBe(false)
    await droppedRequest(scene)
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'blocked', fault: 'address-block', credential: true })
    await droppedRequest(scene, '/')
    expect(scene.fake.requests.at(-1)).toMatchObject({ outcome: 'blocked', fault: null, credential: false })
    await scene.clock.advance(HOUR)
    expect((await scene.grantOf()).status).toBe(200)
  })

  it('can be switched on by hand, and heal does not lift it', async () => {
    await using scene = await openScene(door)
    scene.fake.block()
    scene.fake.heal()
    await scene.clock.advance(8 * HOUR - 1)
    expect(scene.fake.blocked).toBe(true)
    scene.fake.block(5)
    await scene.clock.advance(5)
    expect(scene.fake.blocked).toBe(false)
  })

  it('lets the client leave with its own reason', async () => {
    await using scene = await openScene(door)
    scene.fake.block()
    expect((await droppedRequest(scene)).message).toBe('the client has had enough')
  })
})
