import { Readable } from 'node:stream'
import { fetch as undiciFetch, Pool } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { failureOf } from './support/failure-of.ts'
import { fakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'
import { dispatchers, GET, happening, rawServer, secondTokenOnly, statusOf } from './undici/rig.ts'

const LARGER_THAN_A_COPY = 1_048_577

const { through, destroy } = dispatchers()
afterEach(destroy)

describe('P10 a refusal behind undici', () => {
  it('of a request by fetch is followed by a whole replay of what fetch has made of its body', async () => {
    await using api = await secondTokenOnly()
    const dispatcher = through(fakeSession({ apiBaseUrl: api.url }))
    const { status } = await undiciFetch(`${api.url}/a`, { method: 'PUT', body: 'ä text', dispatcher })
    expect(status).toBe(200)
    expect(api.received.map(({ body }) => body)).toEqual(['ä text', 'ä text'])
  })

  it('is handed on where that body is too large to keep', async () => {
    await using api = await secondTokenOnly()
    const session = fakeSession({ apiBaseUrl: api.url })
    const body = 'x'.repeat(LARGER_THAN_A_COPY)
    const { status } = await undiciFetch(`${api.url}/a`, { method: 'PUT', body, dispatcher: through(session) })
    expect(status).toBe(401)
    expect(api.received.map((request) => request.body.length)).toEqual([LARGER_THAN_A_COPY])
    expect(session.reports).toEqual([1])
  })

  it('is handed on where a stream of Node was sent, although it says how long it is', async () => {
    await using api = await secondTokenOnly()
    const body = Readable.from([Buffer.from('text')])
    const agent = through(fakeSession({ apiBaseUrl: api.url }), { replay: 'always' })
    const headers = { 'content-length': '4' }
    expect(await statusOf(agent.request({ path: '/a', method: 'PUT', origin: api.url, headers, body }))).toBe(401)
    expect(api.received.map((request) => request.body)).toEqual(['text'])
  })

  it('frees its connection, where there is but one', async () => {
    await using api = await rawServer((response, count) => {
      response.writeHead(count === 1 ? 401 : 200, { 'content-type': 'application/json' }).end('{}')
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    const pool = through(session, {}, new Pool(api.url, { connections: 1 }))
    expect(await statusOf(pool.request(GET))).toBe(200)
    expect(api.connections()).toBe(1)
  })

  it('that goes on and on is cut off', async () => {
    const cut = happening()
    await using api = await rawServer((response, count) => {
      response.writeHead(count === 1 ? 401 : 200, { 'content-type': 'application/json' })
      if (count > 1) return response.end('{}')
      response.once('close', cut.happen)
      const more = (): void => void (response.destroyed || response.write('x'.repeat(10_000), more))
      more()
    })
    const pool = through(fakeSession({ apiBaseUrl: api.url }), {}, new Pool(api.url, { connections: 1 }))
    expect(await statusOf(pool.request(GET))).toBe(200)
    await cut.happened
    expect(api.connections()).toBe(2)
  })

  it('ends with its caller, who has left before the next token is there', async () => {
    const cut = happening()
    await using api = await rawServer((response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).write('{')
      response.once('close', cut.happen)
    })
    const session = fakeSession({ apiBaseUrl: api.url, renews: false })
    const controller = new AbortController()
    const answer = failureOf(through(session).request({ ...GET, origin: api.url, signal: controller.signal }))
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    expect(await answer).toHaveProperty('message', 'no patience')
    await cut.happened
  })

  it('may be told by the caller, by status and headers', async () => {
    await using api = await loopback(({ headers }, response) => {
      reply(response, headers.authorization === 'Bearer token-2' ? 200 : 403, {})
    })
    const asked: unknown[] = []
    const agent = through(fakeSession({ apiBaseUrl: api.url }), {
      isRejected({ status, headers }) {
        asked.push([status, headers.get('content-type')])
        return status === 403
      },
    })
    expect(await statusOf(agent.request({ ...GET, origin: api.url }))).toBe(200)
    expect(asked).toEqual([[403, 'application/json']])
  })
})
