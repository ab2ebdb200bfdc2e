import { createServer } from 'node:http'
import { Agent, interceptors } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'
import { authorizationsOf, dispatchers, GET, listening, statusOf } from './undici/rig.ts'

const { through, destroy } = dispatchers()
afterEach(destroy)

describe('what is no request of the program to its API', () => {
  it('P11 a redirect that another interceptor follows behind this one takes the token nowhere else', async () => {
    await using elsewhere = await loopback((_, response) => reply(response, 401, {}))
    await using api = await loopback((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/b` }).end()
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    const following = new Agent().compose(interceptors.redirect({ maxRedirections: 5 }))
    const behind = through(session, {}, following)
    expect(await statusOf(behind.request({ ...GET, origin: api.url }))).toBe(401)
    expect(authorizationsOf(elsewhere)).toEqual([undefined])
    expect(session.reports).toEqual([])
  })

  const own = [
    ['POST', '/oauth/token'],
    ['POST', '/oauth2/v1/token/'],
    ['POST', '/oauth2/revoke'],
    ['POST', '/introspect'],
    ['POST', '/par'],
    ['POST', '/oauth/device_authorization'],
    ['GET', '/.well-known/openid-configuration'],
    ['GET', '/api'],
    ['GET', '/api/'],
  ] as const
  it.for(own)('P4 %s %s goes out without a token, and without a wait for one', async ([method, path]) => {
    await using api = await loopback((_, response) => reply(response, 200, {}))
    const session = fakeSession({ apiBaseUrl: `${api.url}/api`, signedIn: false })
    expect(await statusOf(through(session).request({ origin: api.url, method, path }))).toBe(200)
    expect(authorizationsOf(api)).toEqual([undefined])
  })

  const others = [
    ['GET', '/oauth/token'],
    ['POST', '/orders'],
    ['POST', '/tokens'],
    ['POST', '/api'],
    ['GET', '/api/orders'],
    ['GET', '/'],
  ] as const
  it.for(others)('%s %s carries the token', async ([method, path]) => {
    await using api = await loopback((_, response) => reply(response, 200, {}))
    const agent = through(fakeSession({ apiBaseUrl: `${api.url}/api` }))
    expect(await statusOf(agent.request({ origin: api.url, method, path }))).toBe(200)
    expect(authorizationsOf(api)).toEqual(['Bearer token-1'])
  })

  it('may be told by the caller, and is left to the default where it does not tell', async () => {
    await using api = await loopback((_, response) => reply(response, 200, {}))
    const asked: unknown[] = []
    const agent = through(fakeSession({ apiBaseUrl: api.url }), {
      except(request) {
        asked.push(request)
        if (request.url.endsWith('/status')) return true
        return request.url.endsWith('/my/token') ? false : undefined
      },
    })
    for (const path of ['/status', '/my/token', '/oauth/token', '/orders']) {
      await statusOf(agent.request({ origin: api.url, method: 'POST', path }))
    }
    expect(authorizationsOf(api)).toEqual([undefined, 'Bearer token-1', undefined, 'Bearer token-1'])
    expect(asked[0]).toEqual({ method: 'POST', url: `${api.url}/status` })
  })

  it('an upgrade and a CONNECT pass untouched', async () => {
    const asked: (string | undefined)[] = []
    const server = createServer()
    server.on('upgrade', ({ headers }, socket) => {
      asked.push(headers.authorization)
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n')
    })
    server.on('connect', ({ headers }, socket) => {
      asked.push(headers.authorization)
      socket.end('HTTP/1.1 200 OK\r\n\r\n')
    })
    await using api = await listening(server)
    const agent = through(fakeSession({ apiBaseUrl: api.url, signedIn: false }))
    const upgraded = await agent.upgrade({ origin: api.url, path: '/', method: 'GET', protocol: 'echo' } as never)
    upgraded.socket.destroy()
    const connected = await agent.connect({ origin: api.url, path: 'example.com:443' })
    connected.socket.destroy()
    expect(asked).toEqual([undefined, undefined])
  })
})
