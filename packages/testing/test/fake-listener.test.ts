import { once } from 'node:events'
import { connect } from 'node:net'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './doors.ts'

const PLATFORM = { Request: globalThis.Request, Response: globalThis.Response }
const HEADERS = { 'user-agent': 'test/1.0' }

describe('the fake on loopback', () => {
  it('listens on 127.0.0.1 only, on a port of its own', async () => {
    const fake = fakeTastytrade()
    await using one = await fake.listen()
    await using two = await fake.listen()
    expect(one.url).toBe(`http://127.0.0.1:${one.port}`)
    expect(two.port).not.toBe(one.port)
    const elsewhere = connect({ host: '::1', port: one.port })
    const [error] = (await once(elsewhere, 'error')) as [NodeJS.ErrnoException]
    expect(['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(error.code)
    expect((await fetch(one.url, { headers: HEADERS })).status).toBe(404)
    expect((await fetch(two.url, { headers: HEADERS })).status).toBe(404)
    expect(fake.count()).toBe(2)
  })

  it('says which port is taken', async () => {
    const fake = fakeTastytrade()
    await using listener = await fake.listen()
    const error = await failureOf(fake.listen({ port: listener.port }))
    expect(error).toMatchObject({ code: 'invalid-options', details: { option: 'port' } })
    expect(error.message).toContain(`127.0.0.1:${listener.port} (EADDRINUSE)`)
  })

  it('closes with all its connections, those that are kept alive and those that never get an answer', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    const listener = await fake.listen()
    expect((await fetch(listener.url, { headers: HEADERS })).status).toBe(404)
    fake.fail('never-answers', { on: 'api' })
    const hanging = failureOf(fetch(listener.url, { headers: HEADERS }))
    await clock.settleUntil(() => fake.count({ outcome: 'never-answered' }) === 1)
    await listener.close()
    await listener.close()
    expect((await hanging).message).toBe('fetch failed')
    await clock.settleUntil(() => fake.openRequests === 0)
    const refused = await failureOf(fetch(listener.url, { headers: HEADERS }))
    expect((refused.cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED')
  })

  it('sees a client leave in the middle of its own request', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    await using listener = await fake.listen()
    const socket = connect({ host: '127.0.0.1', port: listener.port })
    socket.write('POST /oauth/token HTTP/1.1\r\nhost: x\r\nuser-agent: a/1\r\ncontent-length: 100\r\n\r\nhalf')
    await once(socket, 'connect')
    socket.destroy()
    await once(socket, 'close')
    expect((await fetch(listener.url, { headers: HEADERS })).status).toBe(404)
    expect(fake.openRequests).toBe(0)
    expect(fake.tokenRequests).toBe(0)
  })

  it('answers 500 when one of its own parts fails', async () => {
    let broken = false
    const random = () => {
      if (broken) throw new Error('no more numbers')
      return 0.5
    }
    const fake = fakeTastytrade({ random })
    await using listener = await fake.listen()
    const headers = { ...HEADERS, authorization: `Bearer ${fake.mintAccessToken()}` }
    broken = true
    expect((await fetch(`${listener.url}/api-quote-tokens`, { headers })).status).toBe(500)
  })

  it('leaves the global Request and Response alone', async () => {
    await using listener = await fakeTastytrade().listen()
    expect((await fetch(listener.url)).status).toBe(401)
    expect(globalThis.Request).toBe(PLATFORM.Request)
    expect(globalThis.Response).toBe(PLATFORM.Response)
  })

  it('turns away the fetch of Node, which has no User-Agent worth the name', async () => {
    const fake = fakeTastytrade()
    await using listener = await fake.listen()
    expect((await fetch(listener.url)).status).toBe(401)
    expect(fake.requests[0]?.userAgent).toBe('node')
  })
})
