import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRig } from './support/rig.ts'
import { createVirtualRig } from './support/virtual-rig.ts'

describe('evergrant refresh', () => {
  it('gets one new token, whether or not there was one, and bots take it over', async () => {
    const { clock, fake, run } = createVirtualRig()
    const first = await run(['refresh', '--json'])
    expect(JSON.parse(first.out)).toMatchObject({ generation: 1, scope: 'read trade' })
    expect(fake.tokenRequests).toBe(1)
    await clock.advance(60_000)
    const second = await run(['refresh'])
    expect(second).toMatchObject({ code: 0, err: '' })
    expect(second.out).toMatch(/^A new token, generation 2\. It expires .* \(in 15 min\)\.\n$/)
    expect(fake.tokenRequests).toBe(2)
    await clock.advance(20 * 60_000)
    expect((await run(['refresh'])).out).toContain('generation 3')
    expect(fake.tokenRequests).toBe(3)
  })

  it('P2 sends dead credentials again only when a person insists', async () => {
    const { clock, fake, run } = createVirtualRig()
    fake.revokeGrant()
    expect(await run(['refresh'])).toMatchObject({ code: 4, out: '' })
    expect(await run(['refresh'])).toMatchObject({ code: 4, out: '' })
    expect(await run(['token'])).toMatchObject({ code: 4, out: '' })
    expect(fake.tokenRequests).toBe(1)
    await clock.advance(60_000)
    expect(await run(['refresh', '--force'])).toMatchObject({ code: 4, out: '' })
    expect(fake.tokenRequests).toBe(2)
  })
})

describe('evergrant test', () => {
  it('says by its exit code alone whether the account works', async () => {
    const rig = await createRig()
    expect(await rig.run(['test'])).toEqual({ code: 0, out: '', err: '' })
    expect(rig.fake.requests.map(({ path }) => path)).toEqual(['/oauth/token', '/customers/me'])
    rig.fake.fail('api-forbidden')
    expect(await rig.run(['test'])).toEqual({ code: 8, out: '', err: '' })
    rig.fake.fail('server-error', { on: 'api' })
    expect(await rig.run(['test'])).toEqual({ code: 9, out: '', err: '' })
    expect(await rig.run(['test', '--account', 'other'], { env: rig.env })).toMatchObject({ code: 3, out: '' })
  })
})

describe('a .env with names that are nearly right', () => {
  it('is named by the command, with the line and the right name, and nothing of its values', async () => {
    const rig = await createRig()
    const { env } = rig
    const { clientSecret, refreshToken } = rig.fake.credentials
    const file = join(rig.folder, '.env')
    await writeFile(file, `TASTY_CLIENT_SECRET: ${clientSecret}\nTASTYTRADE_REFRESH_TOKEN=${refreshToken}\n`)
    const missing = await rig.run(['token'], { env })
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining('(credentials-missing)') as string })
    expect(missing.err).toMatch(/Line 1 of \.env .*TASTY_CLIENT_SECRET=.*Line 2 of \.env .*TASTY_REFRESH_TOKEN=/)
    expect(missing.err).not.toContain(clientSecret)
    await writeFile(file, `TASTY_CLIENT_SECRET=${clientSecret}\nTASTYTRADE_REFRESH_TOKEN=${refreshToken}\n`)
    const half = await rig.run(['curl', '/customers/me'], { env })
    expect(half).toMatchObject({ code: 3, err: expect.stringContaining('(credentials-unreadable)') as string })
    expect(half.err).toMatch(/Line 2 of \.env .*TASTY_REFRESH_TOKEN=/)
  })
})

describe('evergrant logout', () => {
  it('forgets everything, durably, and the environment does not undo it', async () => {
    const rig = await createRig()
    await rig.logIn()
    const token = (await rig.run(['token'], { env: rig.env })).out.trim()
    expect(await rig.run(['logout'], { env: rig.env })).toEqual({
      code: 0,
      out: 'Signed out: account default.\n',
      err: '',
    })
    const stored = await readFile(rig.store, 'utf8')
    for (const secret of [token, ...Object.values(rig.fake.credentials).slice(1)]) expect(stored).not.toContain(secret)
    expect(await rig.run(['token'], { env: rig.env })).toMatchObject({ code: 3, out: '' })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('stays out although the environment has the credentials', async () => {
    const rig = await createRig()
    await rig.run(['token'])
    await rig.run(['logout'])
    expect(await rig.run(['token'])).toMatchObject({ code: 3, err: expect.stringContaining('(signed-out)') })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('of an account that nobody has logged in says so, and writes nothing', async () => {
    const rig = await createRig()
    const { env } = rig
    const told = 'Nobody was logged in: account default. Nothing was changed.\n'
    expect(await rig.run(['logout', '--revoke'], { env })).toEqual({ code: 0, out: '', err: told })
    expect(JSON.parse((await rig.run(['logout', '--json'], { env })).out)).toEqual({
      account: 'default',
      signedOut: false,
      revoked: false,
    })
    expect(await readdir(rig.folder)).toEqual([])
    expect((await rig.run(['token'], { env })).err).toContain('(credentials-missing)')
  })

  it('signs out where a half of the credentials is in the environment', async () => {
    const rig = await createRig()
    const env = { ...rig.env, TASTY_CLIENT_SECRET: 'a' }
    expect(await rig.run(['logout'], { env })).toMatchObject({ code: 0, out: 'Signed out: account default.\n' })
  })

  it('says where a grant is taken back by hand', async () => {
    const rig = await createRig()
    await rig.logIn()
    const { code, err } = await rig.run(['logout', '--revoke'])
    expect(code).toBe(0)
    expect(err).toContain('developer.tastytrade.com')
    const { out } = await rig.run(['logout', '--revoke', '--json'], {
      env: { ...rig.env, EVERGRANT_ENV: 'production' },
    })
    expect(JSON.parse(out)).toEqual({
      account: 'default',
      signedOut: true,
      revoked: false,
      revokeAt: expect.stringContaining('my.tastytrade.com'),
    })
  })

  it('ends a bot on the same store', async () => {
    const rig = await createRig()
    await rig.logIn()
    const bot = rig.bot()
    await bot.getToken()
    const out = new Promise<void>((resolve) => {
      bot.status$.subscribe(({ reason }) => {
        if (reason === 'signed-out') resolve()
      })
    })
    await rig.run(['logout'], { env: rig.env })
    await out
    expect(bot.peekToken()).toBeNull()
  })
})

describe('evergrant accounts', () => {
  it('lists those of the store, and how each stands', async () => {
    const rig = await createRig()
    const { env } = rig
    const empty = await rig.run(['accounts'], { env })
    expect(empty).toMatchObject({ code: 0, out: '', err: expect.stringContaining('evergrant login') })
    expect((await rig.run(['accounts', '--json'], { env })).out).toBe('[]\n')

    await rig.logIn('main')
    await rig.logIn('\u001B[31mred', rig.fake.createGrant())
    await rig.logIn('gone')
    await rig.run(['token', '--account', 'main'], { env })
    await rig.run(['logout', '--account', 'gone'], { env })
    const { code, out } = await rig.run(['accounts'], { env })
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.replace(/ {2,}/g, ' | ').replace(/ \d\d:.*/, ''))).toEqual([
      '[31mred | ready: no token yet, the next is fetched when it is asked for',
      'gone | signed out',
      'main | valid | token expires',
      '',
    ])
    const listed = JSON.parse((await rig.run(['accounts', '--json'], { env })).out) as {
      account: string
      state: string
    }[]
    expect(listed.map(({ account, state }) => [account, state])).toContainEqual(['main', 'valid'])
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('keeps them apart: what the environment holds is for an account without credentials of its own', async () => {
    const rig = await createRig()
    const second = rig.fake.createGrant()
    await rig.logIn('second', second)
    const env = { ...rig.loggedIn, EVERGRANT_ACCOUNT: 'second' }
    await rig.run(['token'], { env })
    expect(rig.fake.spentOf(second.refreshToken)).toMatchObject({ sent: 1 })
    // A new secret in the environment, as of another application: the account that a person has logged in stays.
    await rig.run(['token'], { env: { ...env, TASTY_REFRESH_TOKEN: rig.fake.createGrant().refreshToken } })
    expect(rig.fake.tokenRequests).toBe(1)
  })
})
