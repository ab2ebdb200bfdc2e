import { describe, expect, it } from 'vitest'
import { openWorld, sendRaw } from './support/proxy-world.ts'
import { openRig } from './support/rig.ts'

const ACCOUNT = { 'x-evergrant-account': 'anna' }

describe('a request that is passed on', () => {
  it('reaches the API with the token of the account, and its answer comes back', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const [number] = rig.fake.grant.accountNumbers
    const key = await rig.key(['proxy'], ['anna'])
    const direct = await rig.ask(key, `/api/v1/balances?account_id=${number}`)
    const passed = await rig.ask(key, `/api/v1/proxy/accounts/${number}/balances`)
    expect(await passed.json()).toEqual(await direct.json())
    expect(passed.headers.get('x-evergrant-upstream')).toBe('200')
    expect((await rig.ask(key, '/api/v1/accounts')).status).toBe(200)
    expect((await rig.ask(key, `/api/v1/positions?account_id=${number}`)).status).toBe(200)
    expect((await rig.ask(key, '/api/v1/balances?account_id=../x')).status).toBe(400)
    expect((await rig.ask(key, '/api/v1/proxy/accounts/nobody/balances')).status).toBe(403)
  })

  it('carries nothing of the caller’s business with the keeper, and brings back nothing of the API’s with us', async () => {
    await using world = await openWorld((_, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': 'test-session=1',
        'strict-transport-security': 'max-age=1',
        'access-control-allow-origin': '*',
        'x-accel-redirect': '/secret',
        location: 'https://elsewhere.test/',
        connection: 'x-hop',
        'x-hop': '1',
        'x-ratelimit-left': '7',
        etag: '"1"',
      })
      response.end('{"ok":true}')
    })
    const answer = await world.pass('/x?y=z', {
      method: 'POST',
      body: '{"order":1}',
      headers: {
        authorization: `Bearer ${world.key}`,
        cookie: 'test-cookie=1',
        forwarded: 'for=10.0.0.1',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-host': 'elsewhere.test',
        'x-http-method-override': 'DELETE',
        'x-original-url': '/admin',
        'content-type': 'application/json',
        'user-agent': 'test-bot/1.0',
        'accept-version': '20260101',
      },
    })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ ok: true })
    const back = Object.fromEntries(answer.headers)
    expect(back).toMatchObject({ 'x-ratelimit-left': '7', etag: '"1"', 'cache-control': 'no-store' })
    for (const name of [
      'set-cookie',
      'strict-transport-security',
      'access-control-allow-origin',
      'x-accel-redirect',
      'location',
      'x-hop',
    ]) {
      expect(back).not.toHaveProperty(name)
    }
    const [request] = world.api.requests
    expect(request?.method).toBe('POST')
    expect(request?.url).toBe('/x?y=z')
    expect(request?.headers.authorization).toMatch(/^Bearer eyJ/)
    expect(request?.headers).toMatchObject({ 'user-agent': 'test-bot/1.0', 'accept-version': '20260101' })
    const sent = Object.keys(request?.headers ?? {})
    expect(sent.filter((name) => /cookie|forward|x-api-key|evergrant|override|original/.test(name))).toEqual([])
    expect(JSON.stringify(request?.headers)).not.toContain(world.key)
  })

  it('goes to the API and nowhere else, whatever its path says', async () => {
    await using world = await openWorld((_, response) => response.end('{}'), '/below')
    const host = new URL(world.neighbour.url).host
    const headers = [`X-API-Key: ${world.key}`, 'X-Evergrant-Account: anna']
    const targets = [
      `/api/v1/proxy//${host}/x`,
      `/api/v1/proxy/../../../x`,
      `/api/v1/proxy/%2e%2e/x`,
      `/api/v1/proxy/%2e%2e%2fx`,
      `/api/v1/proxy/a/%2e%2e/%2e%2e/x`,
      `/api/v1/proxy/\\\\${host}\\x`,
      `/api/v1/proxy/%5c%5c${host}`,
      `/api/v1/proxy@${host}/x`,
      `/api/v1/proxy/%2f%2f${host}/x`,
      `/api/v1/proxy/%252e%252e/x`,
      `/api/v1/proxy/..;/x`,
      `http://${host}/api/v1/proxy/x`,
      `//${host}/x`,
      `/api/v1/proxy/a%0d%0aHost:%20${host}`,
      `/api/v1/../v1/proxy/../x`,
    ]
    for (const target of targets) {
      const answer = await sendRaw(world.server.url, { target, headers })
      expect([target, answer.slice(0, 12)]).toEqual([target, expect.stringMatching(/^HTTP\/1\.1 4/)])
    }
    const misled = [...headers, `X-Forwarded-Host: ${host}`, `Forwarded: host=${host}`]
    await sendRaw(world.server.url, { target: '/api/v1/proxy/x', headers: misled })
    expect(world.neighbour.requests).toHaveLength(0)
    expect(world.api.requests.map(({ url }) => url)).toEqual(['/below/x'])
    expect(world.api.requests[0]?.headers.host).toBe(new URL(world.api.url).host)
  })

  it('to another host in its Host header is answered by no other host', async () => {
    await using world = await openWorld((_, response) => response.end('{}'))
    const { host } = new URL(world.neighbour.url)
    const headers = [`X-API-Key: ${world.key}`, 'X-Evergrant-Account: anna']
    await sendRaw(world.server.url, { target: '/api/v1/proxy/x', host, headers })
    expect(world.neighbour.requests).toHaveLength(0)
    expect(world.api.requests).toHaveLength(1)
  })

  it('is not redirected: the token goes to no other place', async () => {
    let location = ''
    await using world = await openWorld((_, response) => response.writeHead(302, { location }).end())
    location = `${world.neighbour.url}/x`
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await world.pass('/x', { method, redirect: 'manual' })
      expect(answer.status).toBe(502)
      expect(answer.headers.get('location')).toBeNull()
      const text = await answer.text()
      expect(text).toContain('upstream-redirect')
      expect(text).not.toContain(world.neighbour.url)
    }
    expect(world.neighbour.requests).toHaveLength(0)
    expect(world.api.requests).toHaveLength(3)
  })

  it('whose token the API refuses is sent once more where that is safe, and the refusal comes back where not', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['proxy'])
    const [number] = rig.fake.grant.accountNumbers
    rig.fake.invalidateAccessTokens()
    const read = await rig.soon(rig.ask(key, `/api/v1/balances?account=anna&account_id=${number}`))
    expect(read.status).toBe(200)
    await rig.clock.advance(10_000)
    rig.fake.invalidateAccessTokens()
    const order = await rig.ask(key, `/api/v1/proxy/accounts/${number}/orders/dry-run`, {
      method: 'POST',
      body: '{"order-type":"Limit"}',
      headers: { ...ACCOUNT, 'content-type': 'application/json' },
    })
    expect(order.status).toBe(401)
    expect(order.headers.get('x-evergrant-upstream')).toBe('401')
    expect([...rig.fake.dryRuns.values()]).toEqual([])
    expect(rig.fake.tokenRequests).toBeLessThanOrEqual(3)
  })

  it('may be no larger than the limit, announced or not', async () => {
    await using world = await openWorld((_, response) => response.end('{}'))
    const large = 'x'.repeat(1_001)
    expect((await world.pass('/x', { method: 'PUT', body: large })).status).toBe(413)
    const stream = new Blob([large]).stream()
    expect((await world.pass('/x', { method: 'PUT', body: stream, duplex: 'half' } as RequestInit)).status).toBe(413)
    expect((await world.pass('/x', { method: 'PUT', body: 'x'.repeat(1_000) })).status).toBe(200)
    expect(world.api.requests).toHaveLength(1)
  })

  it('to an API that is away, or that never answers, ends in a problem', async () => {
    await using rig = await openRig({
      keeper: {
        fetch: () => Promise.reject(new TypeError('fetch failed: test-secret')),
        limits: { requestTime: 5_000 },
      },
    })
    await rig.post('anna')
    const key = await rig.key(['proxy'])
    const away = await rig.ask(key, '/api/v1/proxy/x', { headers: ACCOUNT })
    expect(away.status).toBe(502)
    expect(await away.text()).not.toContain('test-secret')

    let aborted = false
    await using silent = await openRig({
      keeper: {
        fetch: (_, init) =>
          new Promise((__, reject) => {
            init?.signal?.addEventListener('abort', () => {
              aborted = true
              reject(init.signal?.reason as Error)
            })
          }),
        limits: { requestTime: 5_000 },
      },
    })
    await silent.post('anna')
    const late = await silent.soon(silent.ask(await silent.key(['proxy']), '/api/v1/proxy/x', { headers: ACCOUNT }))
    expect(late.status).toBe(504)
    expect(aborted).toBe(true)
  })

  it('ends with the caller who leaves', async () => {
    const leaving = new AbortController()
    const ends: Promise<unknown>[] = []
    await using world = await openWorld((request) => {
      ends.push(new Promise((resolve) => request.once('close', resolve)))
      leaving.abort()
    })
    await expect(world.pass('/x', { signal: leaving.signal })).rejects.toThrow('aborted')
    await Promise.all(ends)
    expect(ends).toHaveLength(1)
  })

  it('uses a method that can be passed on', async () => {
    await using world = await openWorld((request, response) =>
      response.end(request.method === 'HEAD' ? undefined : '{}'),
    )
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect([method, (await world.pass('/x', { method })).status]).toEqual([method, 200])
    }
    const headers = [`X-API-Key: ${world.key}`, 'X-Evergrant-Account: anna']
    for (const method of ['TRACE', 'PROPFIND']) {
      const answer = await sendRaw(world.server.url, { target: '/api/v1/proxy/x', method, headers })
      expect(answer).toMatch(/^HTTP\/1\.1 405/)
    }
    expect(world.api.requests).toHaveLength(7)
  })
})
