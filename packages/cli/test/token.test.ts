import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createRig } from './support/rig.ts'
import { createVirtualRig } from './support/virtual-rig.ts'

const MINUTE = 60_000

describe('evergrant token', () => {
  it('prints the token alone, and asks once for any number of calls', async () => {
    const rig = await createRig()
    const first = await rig.run(['token'])
    const token = first.out.trim()
    expect(first).toEqual({ code: 0, out: `${token}\n`, err: '' })
    const answer = await fetch(`${rig.url}/customers/me`, {
      headers: { authorization: `Bearer ${token}`, 'user-agent': 'test/1.0' },
    })
    expect(answer.status).toBe(200)
    expect((await rig.run(['token'])).out).toBe(first.out)
    expect((await rig.run(['header'])).out).toBe(`Authorization: Bearer ${token}\n`)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('tells machines the expiry too', async () => {
    const rig = await createRig()
    const before = Date.now()
    const { out } = await rig.run(['token', '--json'])
    const told = JSON.parse(out) as { token: string; issuedAt: number; expiresAt: number }
    expect(told).toEqual({
      token: (await rig.run(['token'])).out.trim(),
      generation: 1,
      issuedAt: expect.any(Number),
      expiresAt: told.issuedAt + 15 * MINUTE,
      scope: 'read trade',
    })
    expect(told.issuedAt).toBeGreaterThanOrEqual(before)
    expect(JSON.parse((await rig.run(['header', '--json'])).out)).toMatchObject({
      name: 'Authorization',
      value: `Bearer ${told.token}`,
    })
  })

  it('makes no request beside a bot that has a token', async () => {
    const rig = await createRig()
    const bot = rig.bot('default', rig.fake.credentials)
    const { value } = await bot.getToken()
    expect((await rig.run(['token'])).out).toBe(`${value}\n`)
    expect((await rig.run(['token'], { env: rig.env })).out).toBe(`${value}\n`)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('takes the credentials from the .env of the folder', async () => {
    const rig = await createRig()
    const { clientSecret, refreshToken } = rig.fake.credentials
    await writeFile(`${rig.folder}/.env`, `TT_SECRET=${clientSecret}\nTT_REFRESH=${refreshToken}\n`)
    expect(await rig.run(['token'], { env: rig.env })).toMatchObject({ code: 0, err: '' })
  })
})

describe('how long the token must live', () => {
  it('is as long as was asked, and else half a minute', async () => {
    const { clock, fake, run } = createVirtualRig()
    const token = (...flags: string[]) => run(['token', ...flags])
    const { out: first } = await token()
    await clock.advance(10 * MINUTE)
    expect((await token()).out).toBe(first)
    expect((await token('--min-ttl', '4m')).out).toBe(first)
    expect(fake.tokenRequests).toBe(1)
    const { out: second } = await token('--min-ttl', '6m')
    expect(second).not.toBe(first)
    expect(fake.tokenRequests).toBe(2)
    await clock.advance(15 * MINUTE - 20_000)
    expect(await token('--min-ttl', '10s')).toEqual({ code: 0, out: second, err: '' })
    expect((await token()).out).not.toBe(second)
    expect(fake.tokenRequests).toBe(3)
  })

  it('is less where no more can be had: a token that lives is better than none', async () => {
    const { clock, fake, run } = createVirtualRig()
    const { out: first } = await run(['token'])
    await clock.advance(15 * MINUTE - 20_000)
    fake.fail('never-answers', { times: Number.POSITIVE_INFINITY })
    expect(await run(['token'])).toMatchObject({ code: 0, out: first })
  })

  it('is not less than was asked', async () => {
    const { clock, fake, run } = createVirtualRig()
    await run(['token'])
    await clock.advance(15 * MINUTE - 20_000)
    fake.fail('never-answers', { times: Number.POSITIVE_INFINITY })
    expect(await run(['token', '--min-ttl', '1m', '--timeout', '1s'])).toMatchObject({ code: 6, out: '' })
  })

  it('is refused where no token lives as long', async () => {
    const { run } = createVirtualRig()
    const token = (...flags: string[]) => run(['token', ...flags])
    expect(await token('--min-ttl', '1h')).toMatchObject({
      code: 2,
      err: expect.stringContaining('min-ttl-unreachable'),
    })
  })

  it('is waited for no longer than was asked', async () => {
    const { clock, fake, run } = createVirtualRig()
    const token = (...flags: string[]) => run(['token', ...flags])
    fake.fail('never-answers')
    const { code, err } = await token('--timeout', '2s')
    expect(code).toBe(6)
    expect(err).toContain('(wait-timeout)')
    expect(err).toContain('wait longer with --timeout')
    expect(err).toContain('run evergrant doctor')
    expect(clock.pending).toBe(0)
  })
})
