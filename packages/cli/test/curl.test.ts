import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createRig } from './support/rig.ts'
import { createVirtualRig } from './support/virtual-rig.ts'

describe('evergrant curl', () => {
  it('prints the body of what the API answers, for a path and for a whole URL', async () => {
    const rig = await createRig()
    const { code, out, err } = await rig.run(['curl', '/customers/me'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ data: { email: expect.any(String) } })
    expect((await rig.run(['curl', 'customers/me'])).out).toBe(out)
    expect((await rig.run(['curl', `${rig.url}/customers/me`])).out).toBe(out)
    expect(rig.fake.tokenRequests).toBe(1)
    const sent = rig.fake.requests.at(-1)
    expect(sent).toMatchObject({ method: 'GET', path: '/customers/me' })
  })

  it('shows status and headers when asked, and one line to machines', async () => {
    const rig = await createRig()
    const { out } = await rig.run(['curl', '-i', '/customers/me'])
    expect(out).toMatch(/^HTTP 200 OK\n(?:[\w-]+: .*\n)+\n\{/)
    const answer = JSON.parse((await rig.run(['curl', '--json', '/customers/me'])).out) as object
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': expect.any(String) }, body: { data: {} } })
  })

  it('says by its exit code what the API thinks of it', async () => {
    const rig = await createRig()
    const missing = await rig.run(['curl', '/nowhere'])
    expect(missing).toMatchObject({ code: 8, err: '' })
    expect(JSON.parse(missing.out)).toHaveProperty('error')
    rig.fake.fail('server-error', { on: 'api' })
    expect((await rig.run(['curl', '/customers/me'])).code).toBe(9)
  })

  it('sends method, headers and data as curl does', async () => {
    const seen: { method: string; headers: Headers; body: string }[] = []
    const { fake, run, folder } = createVirtualRig()
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (input instanceof Request) return fake.fetch(input, init)
      const request = new Request(input, init)
      seen.push({ method: request.method, headers: request.headers, body: await request.text() })
      return Response.json({})
    }
    const curl = (...argv: string[]) => run(['curl', '/orders', ...argv], { fetch, input: 'from=stdin' })

    await writeFile(`${folder}/order.json`, '{"size":1}')
    await curl('-X', 'PUT', '-H', 'X-One: 1', '-H', 'x-two:  a: b ')
    await curl('-d', '@order.json')
    await curl('-d', 'a=1', '-d', 'b=2', '-H', 'authorization: mine')
    await curl('-d', '@-', '-H', 'Content-Type: text/plain', '-H', 'User-Agent: me/2')
    expect(seen.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: 'PUT', body: '' },
      { method: 'POST', body: '{"size":1}' },
      { method: 'POST', body: 'a=1&b=2' },
      { method: 'POST', body: 'from=stdin' },
    ])
    const header = (name: string) => seen.map(({ headers }) => headers.get(name))
    expect(header('x-one')[0]).toBe('1')
    expect(header('x-two')[0]).toBe('a: b')
    expect(header('content-type')).toEqual([
      null,
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
    ])
    expect(header('user-agent').map((agent) => agent?.replace(/[\d.]+$/, ''))).toEqual([
      'evergrant-cli/',
      'evergrant-cli/',
      'evergrant-cli/',
      'me/',
    ])
    expect(new Set(header('authorization')).size).toBe(1)
    expect(header('authorization')[0]).toMatch(/^Bearer ey/)
  })

  it.for(['https://elsewhere.test/x', '//elsewhere.test/x', 'http://127.0.0.1:1/x', 'https:elsewhere.test'])(
    'sends nothing to %s, not even a request for a token',
    async (url) => {
      const rig = await createRig()
      const { code, out, err } = await rig.run(['curl', url])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain('(foreign-origin)')
      expect(rig.fake.requests).toEqual([])
    },
  )

  it('asks for another token when the API refuses the stored one', async () => {
    const { clock, fake, run } = createVirtualRig()
    await run(['token'])
    await clock.advance(10_000)
    fake.invalidateAccessTokens()
    expect(await run(['curl', '/customers/me'])).toMatchObject({ code: 0 })
    expect(fake.tokenRequests).toBe(2)
  })

  it('waits no longer than it may', async () => {
    const { clock, fake, run } = createVirtualRig()
    await run(['token'])
    fake.fail('never-answers', { on: 'api' })
    const began = clock.time
    const { code, err } = await run(['curl', '--max-time', '3s', '/customers/me'])
    expect({ code, waited: clock.time - began }).toEqual({ code: 6, waited: 3_000 })
    expect(err).toContain('did not answer in time')
  })

  it('waits no longer than it may for a token either', async () => {
    const { fake, run } = createVirtualRig()
    fake.fail('never-answers')
    const { code, err } = await run(['curl', '--max-time', '3s', '/customers/me'])
    expect(code).toBe(6)
    expect(err).toContain('did not answer in time')
  })

  it('renews no token that is good enough for it', async () => {
    const { clock, fake, run } = createVirtualRig()
    await run(['token'])
    await clock.advance(14 * 60_000)
    fake.fail('slow', { on: 'api', delay: 10_000 })
    expect(await run(['curl', '/customers/me'])).toMatchObject({ code: 0 })
    expect(fake.tokenRequests).toBe(1)
  })

  it('says so when nobody answers', async () => {
    const rig = await createRig()
    await rig.run(['token'])
    rig.fake.fail('connection-reset', { on: 'api' })
    const { code, err } = await rig.run(['curl', '/customers/me'])
    expect(code).toBe(6)
    expect(err).toMatch(/cannot be reached \(\w+\) \(request-failed\)\n {2}Check the network/)
  })

  it.for([
    [['curl', '-H', 'no colon', '/x'], 'A header cannot be read'],
    [['curl', '-d', '@missing.json', '/x'], 'Cannot read missing.json (ENOENT)'],
    [['curl', 'http://[', '/x'], 'too many arguments'],
    [['curl', 'http://['], 'is no URL'],
  ] as const)('%j is misread: %s', async ([argv, message]) => {
    const rig = await createRig()
    const { code, err } = await rig.run(argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(rig.fake.requests).toEqual([])
  })
})
