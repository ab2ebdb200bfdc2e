import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore, type Policy } from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade, type FakeTastytradeOptions } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createKeeper, KeeperError, type Keeper, type KeeperLimits } from '../src/index.ts'
import { CERT, KEY } from './fixtures/tls-pair.ts'

interface World extends AsyncDisposable {
  readonly fake: FakeTastytrade
  readonly keeper: Keeper
  readonly store: ReturnType<typeof memoryStore>
  post(url: string): Promise<void>
  key(): Promise<string>
}

interface WorldOptions {
  readonly limits?: Partial<KeeperLimits>
  readonly fake?: FakeTastytradeOptions
  readonly policy?: Partial<Policy>
}

/** A keeper on the real clock: what is tested here is Node's. */
function openWorld({ limits = {}, fake: fakeOptions = {}, policy = {} }: WorldOptions = {}): World {
  const fake = fakeTastytrade(fakeOptions)
  const store = memoryStore()
  const keeper = createKeeper({
    provider: tastytrade({ fetch: fake.fetch }),
    store,
    sealing: 'sealed-already',
    limits,
    policy,
    fetch: fake.fetch,
  })
  const key = async () =>
    (await keeper.keys.create({ name: 'x', scopes: ['admin', 'token'], accounts: '*' })).key.reveal()
  return {
    fake,
    keeper,
    store,
    key,
    async post(url) {
      const { clientSecret, refreshToken } = fake.credentials
      const answer = await fetch(`${url}/api/v1/credentials`, {
        method: 'POST',
        headers: { 'x-api-key': await key(), 'content-type': 'application/json' },
        body: JSON.stringify({ account: 'anna', client_secret: clientSecret, refresh_token: refreshToken }),
      })
      expect(answer.status).toBe(201)
    },
    [Symbol.asyncDispose]: () => keeper.dispose(),
  }
}

function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** All that the other side says, once it has closed the connection. */
function heard(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => undefined)
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

describe('listening', () => {
  it('in plain text is for loopback, unless a proxy ends TLS in front', async () => {
    await using world = openWorld()
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'keeper.test']) {
      const refused = world.keeper.listen({ host, port: 0 })
      await expect(refused).rejects.toThrow(KeeperError)
      await expect(refused).rejects.toMatchObject({ code: 'keeper-insecure', help: expect.stringContaining('tls') })
    }
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost']) {
      await using server = await world.keeper.listen({ host, port: 0 })
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    }
    await using behind = await world.keeper.listen({ host: '0.0.0.0', port: 0, behindProxy: true })
    expect((await fetch(`http://127.0.0.1:${behind.port}/healthz`)).status).toBe(200)
  })

  it('with a certificate speaks TLS and nothing else', async () => {
    await using world = openWorld()
    await using server = await world.keeper.listen({ host: '0.0.0.0', port: 0, tls: { cert: CERT, key: KEY } })
    const status = await new Promise((resolve, reject) => {
      const asked = request(`https://localhost:${server.port}/healthz`, { ca: CERT, agent: false }, (answer) => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode))
      })
      asked.once('error', reject).end()
    })
    expect(status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow('fetch failed')
  })

  it('where another program does is told as what it is', async () => {
    await using world = openWorld()
    await using server = await world.keeper.listen({ port: 0 })
    await expect(world.keeper.listen({ port: server.port })).rejects.toMatchObject({
      code: 'keeper-cannot-listen',
      message: expect.stringContaining('EADDRINUSE'),
    })
  })

  it('is over with the keeper', async () => {
    const world = openWorld()
    await world.keeper.dispose()
    await expect(world.keeper.listen({ port: 0 })).rejects.toMatchObject({ code: 'keeper-disposed' })
  })
})

describe('a connection', () => {
  it('that sends its headers byte by byte is ended', async () => {
    await using world = openWorld({ limits: { requestTime: 200 } })
    await using server = await world.keeper.listen({ port: 0 })
    const socket = await open(server.url)
    const drip = setInterval(() => socket.write('X'), 20)
    socket.write('GET /healthz HTTP/1.1\r\nX-')
    const text = await heard(socket)
    clearInterval(drip)
    expect(text).toContain('408 Request Timeout')
  })

  it('that sends its body byte by byte is ended', async () => {
    await using world = openWorld({ limits: { requestTime: 300 } })
    await using server = await world.keeper.listen({ port: 0 })
    const socket = await open(server.url)
    socket.write(
      `POST /api/v1/credentials HTTP/1.1\r\nHost: x.test\r\nContent-Type: application/json\r\nX-API-Key: ${await world.key()}\r\nContent-Length: 1000\r\n\r\n{`,
    )
    const drip = setInterval(() => socket.write(' '), 20)
    const text = await heard(socket)
    clearInterval(drip)
    expect(text).toMatch(/^HTTP\/1\.1 (?:504|408)/)
  })

  it('with too large headers is refused', async () => {
    await using world = openWorld({ limits: { headers: 2_000 } })
    await using server = await world.keeper.listen({ port: 0 })
    const answer = await fetch(`${server.url}/healthz`, { headers: { 'x-large': 'x'.repeat(3_000) } })
    expect(answer.status).toBe(431)
  })

  it('is one of so many at most, and the next one comes when one has gone', async () => {
    await using world = openWorld({ limits: { connections: 2 } })
    await using server = await world.keeper.listen({ port: 0 })
    const [first, second] = [await open(server.url), await open(server.url)]
    expect(await heard(await open(server.url))).toBe('')
    const gone = heard(first)
    first.end()
    await gone
    second.write('GET /healthz HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n')
    expect(await heard(second)).toContain('200 OK')
    const third = await open(server.url)
    third.write('GET /healthz HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n')
    expect(await heard(third)).toContain('200 OK')
  })

  it('that speaks no HTTP, or smuggles a second request, is refused', async () => {
    await using world = openWorld()
    await using server = await world.keeper.listen({ port: 0 })
    const lines = [
      'nonsense\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'POST /api/v1/credentials HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: xchunked\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost: x.test\r\nX-A : b\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost: x.test/../y\r\nConnection: close\r\n\r\n',
    ]
    for (const line of lines) {
      const socket = await open(server.url)
      socket.write(line)
      expect([line, await heard(socket)]).toEqual([line, expect.stringMatching(/^HTTP\/1\.1 400/)])
    }
  })
})

describe('going down', () => {
  it('answers who is waiting, finishes what is in flight, and saves it', async () => {
    const world = openWorld({ fake: { rotation: 'strict' }, policy: { floor: 0 } })
    const server = await world.keeper.listen({ port: 0 })
    await world.post(server.url)
    const key = await world.key()
    const token = world.fake.fail('slow', { delay: 300 })
    const waiting = fetch(`${server.url}/api/v1/token?account=anna&rejected=1`, { headers: { 'x-api-key': key } })
    while (world.fake.openRequests === 0) await new Promise((resolve) => setImmediate(resolve))
    const down = world.keeper.dispose()
    expect((await world.keeper.fetch(new Request('http://x.test/readyz'))).status).toBe(503)
    expect((await world.keeper.fetch(new Request('http://x.test/healthz'))).status).toBe(200)
    const late = await world.keeper.fetch(
      new Request('http://x.test/api/v1/token?account=anna', { headers: { 'x-api-key': key } }),
    )
    expect(await late.json()).toMatchObject({ status: 503, code: 'draining' })
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
    const answer = await waiting
    expect(answer.status).toBe(200)
    expect(answer.headers.get('connection')).toBe('close')
    expect(await answer.json()).toMatchObject({ generation: 2 })
    await down
    expect(token).toBeDefined()
    const stored = JSON.stringify(await world.store.read('grant/anna'))
    expect(stored).toContain(world.fake.currentRefreshToken())
  })

  it('loses no rotation where the caller has left', async () => {
    const world = openWorld({ fake: { rotation: 'strict' }, policy: { floor: 0 } })
    const server = await world.keeper.listen({ port: 0 })
    await world.post(server.url)
    world.fake.fail('slow', { delay: 200 })
    const leaving = new AbortController()
    const asked = fetch(`${server.url}/api/v1/token?account=anna&rejected=1`, {
      headers: { 'x-api-key': await world.key() },
      signal: leaving.signal,
    })
    while (world.fake.openRequests === 0) await new Promise((resolve) => setImmediate(resolve))
    leaving.abort()
    await expect(asked).rejects.toThrow('aborted')
    await world.keeper.dispose()
    expect(JSON.stringify(await world.store.read('grant/anna'))).toContain(world.fake.currentRefreshToken())
    expect(world.fake.openRequests).toBe(0)
  })

  it('of one listener leaves the others, and the keeper, at work', async () => {
    await using world = openWorld()
    const [one, other] = [await world.keeper.listen({ port: 0 }), await world.keeper.listen({ port: 0 })]
    await one.close()
    await one.close()
    await expect(fetch(`${one.url}/healthz`)).rejects.toThrow('fetch failed')
    expect((await fetch(`${other.url}/readyz`)).status).toBe(200)
  })
})
