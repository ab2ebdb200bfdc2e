import { describe, expect, it } from 'vitest'
import { credentialVariables } from '../src/sandbox/environment-lines.ts'
import { start } from './support/console.ts'
import { createRig } from './support/rig.ts'
import { createVirtualRig } from './support/virtual-rig.ts'

const MINUTE = 60_000

describe('evergrant status', () => {
  it('shows an account at each stage of its life, and sends nothing', async () => {
    const { clock, fake, env: loggedIn, run } = createVirtualRig()
    const status = async (env: Readonly<Record<string, string>> = {}) => {
      const asked = fake.requests.length
      const { code, out, err } = await run(['status'], { env })
      expect({ code, err, sent: fake.requests.length - asked }).toEqual({ code: 0, err: '', sent: 0 })
      return out
    }

    const stranger = await status()
    expect(stranger).toMatch(/^account {2}default at production, https:.*\nstate {4}not logged in\n/)
    expect(stranger).toMatch(/\nnext {5}evergrant login\n$/)
    expect(await status(loggedIn)).toContain('ready: no token yet')
    await run(['token'])
    const valid = await status(loggedIn)
    expect(valid).toMatch(/\nstate {4}valid\ntoken {4}generation 1, expires .* \(in 15 min\), scope read trade\n/)
    expect(valid).toMatch(/\nrefresh {2}due .* \(in 10 min\)/)
    expect(valid).not.toContain('retry')
    await clock.advance(20 * MINUTE)
    expect(await status(loggedIn)).toMatch(/ready: the last token is over.*\n.*over since .* \(5 min ago\)/)
    fake.fail('too-many-requests', { retryAfter: 120 })
    expect(await run(['token'])).toMatchObject({
      code: 6,
      err: expect.stringMatching(/ Try again \S+ \(in 2 min\)\n$/),
    })
    expect(await status(loggedIn)).toMatch(/state {4}backoff\n(?:.*\n)+retry {4}.* \(in 2 min\)/)
    await clock.advance(5 * MINUTE)
    fake.revokeGrant()
    await run(['token'])
    expect(await status(loggedIn)).toContain('state    revoked: grant-revoked')
    expect(await status(loggedIn)).toContain('budget   2 of 3 failed logins left in 10 min')
    await run(['logout'])
    expect(await status(loggedIn)).toContain('state    signed out')
  })

  it('shows what a spent budget holds up, for every account of the store, and until when', async () => {
    const { clock, fake, run } = createVirtualRig()
    fake.fail('invalid-jwt', { times: 3 })
    for (let failed = 0; failed < 3; failed += 1) {
      await run(['refresh', '--force'])
      await clock.advance(MINUTE)
    }
    const env = credentialVariables(fake.createGrant())
    expect(await run(['token', '--account', 'other'], { env })).toMatchObject({ code: 5 })
    const { out } = await run(['status', '--account', 'other'], { env })
    expect(out).toContain('blocked: login-budget-spent')
    expect(out).toMatch(/\nblock {4}until .* \(in \d min.*\), looked at again /)
    expect(out).toMatch(/\nbudget {3}0 of 3 failed logins left in 10 min, more .* \(in \d min/)
    expect(fake.tokenRequests).toBe(3)
  })

  it('gives machines the whole report', async () => {
    const rig = await createRig()
    await rig.run(['token'])
    const { out } = await rig.run(['status', '--json'])
    expect(JSON.parse(out)).toEqual({
      account: 'default',
      issuer: rig.url,
      environment: 'sandbox',
      state: 'valid',
      credentials: true,
      signedOut: false,
      token: {
        generation: 1,
        issuedAt: expect.any(Number),
        expiresAt: expect.any(Number),
        scope: 'read trade',
        usable: true,
      },
      refreshAt: expect.any(Number),
      retryAt: expect.any(Number),
      revoked: null,
      loginExpiresAt: null,
      block: null,
      budget: { limit: 3, window: 10 * MINUTE, failed: 0, left: 3, freeAt: null },
    })
  })
})

describe('evergrant status --watch', () => {
  it('tells a pipe each change and no more, and ends in peace with Ctrl-C', async () => {
    const { clock, folder, env, fake, run } = createVirtualRig()
    const watching = start(['status', '--watch', '--json'], { cwd: folder, env, clock, fetch: fake.fetch })
    const lines = () => watching.out().split('\n').slice(0, -1)
    await clock.settleUntil(() => lines().length === 1 && clock.held === 1)
    await clock.advance(5_000)
    await run(['token'])
    await clock.advance(1_000)
    await clock.settleUntil(() => lines().length === 2)
    watching.interrupt()
    const { code, err } = await watching.ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(lines().map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['unauthenticated', 'valid'])
    expect(clock.pending).toBe(0)
  })

  it('counts down in place on a terminal', async () => {
    const { clock, folder, env, fake, run } = createVirtualRig()
    await run(['token'])
    const watching = start(['status', '--watch'], {
      cwd: folder,
      env: { ...env, NO_COLOR: '1' },
      clock,
      fetch: fake.fetch,
      tty: true,
    })
    await clock.settleUntil(() => watching.out().includes('(in 15 min)'))
    await clock.advance(1_000)
    await clock.settleUntil(() => watching.out().includes('(in 14 min 59 s)'))
    watching.interrupt()
    const { out } = await watching.ended
    const first = out.slice(0, out.indexOf('\u001B'))
    const lines = first.split('\n').length - 1
    expect(out.slice(first.length)).toMatch(new RegExp(`^\\u001B\\[${lines}A\\u001B\\[0J`))
    expect(clock.pending).toBe(0)
  })
})
