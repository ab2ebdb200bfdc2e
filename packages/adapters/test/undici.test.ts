import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Client, type Dispatcher } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { bearer } from '../src/undici.ts'
import { failureOf } from './support/failure-of.ts'
import { fakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'
import { authorizationsOf, dispatchers, GET, happening, rawServer, secondTokenOnly, statusOf } from './undici/rig.ts'

const { through, destroy } = dispatchers()
afterEach(destroy)

describe('bearer()', () => {
  it('refuses what lets the token out, or leads nowhere', () => {
    expect(() => bearer(fakeSession())).toThrow(/^origins: missing/)
    expect(() => bearer(fakeSession(), { origins: ['http://api.example.com'] })).toThrow(/^origins/)
    expect(() => bearer(fakeSession({ apiBaseUrl: 'http://api.example.com' }))).toThrow(/^apiBaseUrl/)
    expect(() => bearer(fakeSession(), { orgins: [] } as object)).toThrow(/^orgins/)
    expect(() => bearer(fakeSession(), { origins: [], replay: 'sometimes' as 'always' })).toThrow(/^replay/)
  })

  it('P12 waits for a token as long as it is told to, or the session allows', async () => {
    for (const options of [{}, { maxWait: 5 }]) {
      await using api = await loopback((_, response) => reply(response, 200, {}))
      const session = fakeSession({ apiBaseUrl: api.url, signedIn: false })
      const status = statusOf(through(session, options).request({ ...GET, origin: api.url }))
      await session.untilWaiting(1)
      expect(session.waits).toEqual([options.maxWait])
      session.renew()
      expect(await status).toBe(200)
    }
    expect(() => bearer(fakeSession(), { origins: [], maxWait: -1 })).toThrow(/^maxWait/)
  })

  const forms: Readonly<Record<string, Dispatcher.DispatchOptions['headers']>> = {
    'an object': { 'x-mine': ['1', '2'], AUTHORIZATION: 'Basic made-up' },
    'a list': ['x-mine', '1', 'Authorization', 'Basic made-up', 'x-mine', '2'],
    'an iterable': new Map([
      ['x-mine', '1, 2'],
      ['authorization', 'Basic made-up'],
    ]),
  }
  it.for(Object.entries(forms))(
    'puts the token in place of another, in headers of any form: %s',
    async ([, headers]) => {
      await using api = await loopback((_, response) => reply(response, 200, {}))
      const agent = through(fakeSession({ apiBaseUrl: api.url }))
      expect(await statusOf(agent.request({ ...GET, origin: api.url, ...(headers ? { headers } : {}) }))).toBe(200)
      expect(authorizationsOf(api)).toEqual(['Bearer token-1'])
      expect(api.received[0]?.headers['x-mine']).toBe('1, 2')
    },
  )

  it('works on a client of one origin, whose requests name none', async () => {
    await using api = await secondTokenOnly()
    const client = through(fakeSession({ apiBaseUrl: api.url }), {}, new Client(api.url))
    expect(await statusOf(client.request(GET))).toBe(200)
    expect(authorizationsOf(api)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('works with stream() and pipeline(), which wait for a token', async () => {
    await using api = await loopback(({ body }, response) => reply(response, 200, { body }))
    const session = fakeSession({ apiBaseUrl: api.url, signedIn: false })
    const agent = through(session)
    const sink = new PassThrough()
    const streamed = agent.stream({ ...GET, origin: api.url }, () => sink)
    const piped = Readable.from(['some ', 'text']).pipe(
      agent.pipeline({ origin: api.url, path: '/b', method: 'PUT' }, ({ body }) => body),
    )
    const read = Promise.all([text(sink), text(piped)])
    await session.untilWaiting(2)
    session.renew()
    await streamed
    expect(await read).toEqual(['{"body":""}', '{"body":"some text"}'])
  })

  it('P12 ends the wait of whoever has begun by its controller', async () => {
    const session = fakeSession({ apiBaseUrl: 'http://127.0.0.1:1', signedIn: false })
    const agent = through(session)
    const controller = new AbortController()
    const answer = failureOf(agent.request({ ...GET, origin: 'http://127.0.0.1:1', signal: controller.signal }))
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    expect(await answer).toHaveProperty('message', 'no patience')
    expect(session.waiting).toBe(0)
  })

  it('tells a handler of one beginning and one end, whatever happens between', async () => {
    await using api = await secondTokenOnly()
    const session = fakeSession({ apiBaseUrl: api.url, signedIn: false })
    const told: string[] = []
    const over = new Promise<void>((resolve) => {
      through(session).dispatch(
        { ...GET, origin: api.url },
        {
          onRequestStart: () => void told.push('start'),
          onResponseStart: (_, status) => void told.push(`answer ${status}`),
          onResponseData: () => undefined,
          onResponseEnd() {
            told.push('end')
            resolve()
          },
          onResponseError(_, error) {
            told.push(String(error))
            resolve()
          },
        },
      )
    })
    await session.untilWaiting(1)
    expect(told).toEqual(['start'])
    session.renew()
    await over
    expect(told).toEqual(['start', 'answer 200', 'end'])
  })

  it('heeds a pause, also one from before there was anything to pause', async () => {
    await using api = await loopback((_, response) => reply(response, 200, { a: 1 }))
    const session = fakeSession({ apiBaseUrl: api.url, signedIn: false })
    const agent = through(session)
    const told: string[] = []
    let resume = (): void => undefined
    const answered = happening()
    const over = happening()
    agent.dispatch(
      { ...GET, origin: api.url },
      {
        onRequestStart(controller) {
          controller.pause()
          resume = () => controller.resume()
        },
        onResponseStart: answered.happen,
        onResponseData: (_, chunk) => void told.push(String(chunk)),
        onResponseEnd: over.happen,
        onResponseError: over.happen,
      },
    )
    await session.untilWaiting(1)
    session.renew()
    await answered.happened
    // What would have come has come, once others have been there and back.
    for (let count = 0; count < 3; count += 1) await statusOf(agent.request({ ...GET, origin: api.url }))
    expect(told).toEqual([])
    resume()
    await over.happened
    expect(told).toEqual(['{"a":1}'])
  })

  it('heeds a pause in the middle of an answer', async () => {
    await using api = await rawServer((response, count) => {
      response.writeHead(200)
      if (count > 1) return response.end('whole')
      response.write('first')
      void paused.happened.then(() => response.end('second', sent.happen))
    })
    const agent = through(fakeSession({ apiBaseUrl: api.url }))
    const told: string[] = []
    let resume = (): void => undefined
    const paused = happening()
    const sent = happening()
    const over = happening()
    agent.dispatch(
      { ...GET, origin: api.url },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData(controller, chunk) {
          told.push(String(chunk))
          if (told.length > 1) return
          controller.pause()
          resume = () => controller.resume()
          paused.happen()
        },
        onResponseEnd: over.happen,
        onResponseError: over.happen,
      },
    )
    await sent.happened
    for (let count = 0; count < 3; count += 1) await statusOf(agent.request({ ...GET, origin: api.url }))
    expect(told).toEqual(['first'])
    resume()
    await over.happened
    expect(told).toEqual(['first', 'second'])
  })
})
