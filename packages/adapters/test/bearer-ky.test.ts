import { EvergrantError, isEvergrantError, isInvalidOptions, isTokenUnavailable } from '@evergrant/core'
import ky, { HTTPError, isHTTPError, isTimeoutError } from 'ky'
import { describe, expect, it } from 'vitest'
import { bearer, type BearerOptions } from '../src/ky.ts'
import { fakeSession, type FakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'
import { edgePage, json, refusal, scriptedFetch } from './support/scripted-fetch.ts'

const API = 'https://api.example.com'

function client(session: FakeSession, options: BearerOptions) {
  return ky.extend(bearer(session, options)).extend({ prefix: API })
}

describe('ky with a session', () => {
  it('sends the token beside its own headers and its JSON', async () => {
    const script = scriptedFetch(() => json({ data: 1 }))
    const api = client(fakeSession({ apiBaseUrl: API }), { fetch: script.fetch }).extend({ headers: { 'x-mine': '1' } })
    expect(await api.post('orders', { json: { a: 1 } }).json()).toEqual({ data: 1 })
    expect(Object.fromEntries(script.sent[0]?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer token-1',
      'content-type': 'application/json',
      'x-mine': '1',
    })
    expect(script.bodies).toEqual(['{"a":1}'])
  })

  it('P10 sends a refused request once more, body and all', async () => {
    const session = fakeSession()
    const script = scriptedFetch((_, count) => (count === 1 ? refusal() : json({ ok: true })))
    const api = client(session, { fetch: script.fetch })
    expect(await api.put('a', { json: { a: 1 } }).json()).toEqual({ ok: true })
    expect(script.sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(script.bodies).toEqual(['{"a":1}', '{"a":1}'])
    expect(session.reports).toEqual([1])
  })

  it('P10 does not send an order twice', async () => {
    const session = fakeSession()
    const script = scriptedFetch(refusal)
    await expect(client(session, { fetch: script.fetch }).post('orders', { json: {} })).rejects.toSatisfy(isHTTPError)
    expect(script.sent).toHaveLength(1)
    expect(session.renewals).toEqual([1])
  })

  it('gives a second refusal as its own error, whose body is read', async () => {
    const script = scriptedFetch(refusal)
    const error: unknown = await client(fakeSession(), { fetch: script.fetch })
      .get('a')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HTTPError)
    expect(error).toHaveProperty('data.error.code', 'unauthorized')
    expect(script.sent).toHaveLength(2)
  })

  it('P10 gives a page from the edge as its own error', async () => {
    const session = fakeSession()
    const script = scriptedFetch(() => edgePage(403))
    await expect(client(session, { fetch: script.fetch }).get('a')).rejects.toHaveProperty('response.status', 403)
    expect(script.sent).toHaveLength(1)
    expect(session.reports).toEqual([])
  })

  it('asks for the token anew at each of its own retries', async () => {
    const session = fakeSession()
    const script = scriptedFetch((_, count) => {
      if (count > 1) return json({})
      session.renew()
      return json({}, 503)
    })
    await client(session, { fetch: script.fetch }).get('a', { retry: { limit: 1, delay: () => 0 } })
    expect(script.sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('P12 ends the wait for a token at its own time limit', async () => {
    const session = fakeSession({ signedIn: false })
    const api = client(session, { fetch: scriptedFetch(() => json({})).fetch })
    await expect(api.get('a', { timeout: 1, retry: 0 })).rejects.toSatisfy(isTimeoutError)
    expect(session.waiting).toBe(0)
  })

  it('P12 waits for a token for less than its own 10 s, so that the session says why there is none', async () => {
    for (const [options, maxWait] of [
      [{}, 8_000],
      [{ maxWait: undefined }, 8_000],
      [{ maxWait: 60_000 }, 60_000],
      [{ maxWait: 0 }, 0],
    ] as const) {
      const session = fakeSession({ signedIn: false })
      const answer = client(session, { ...options, fetch: scriptedFetch(() => json({})).fetch }).get('a', { retry: 0 })
      await session.untilWaiting(1)
      expect(session.waits).toEqual([maxWait])
      session.renew()
      expect((await answer).status).toBe(200)
    }
  })

  it('hands on what the session says, and does not ask again', async () => {
    const session = fakeSession({ signedIn: false })
    const script = scriptedFetch(() => json({}))
    const answer = client(session, { fetch: script.fetch }).get('a', { retry: { limit: 5, delay: () => 0 } })
    await session.untilWaiting(1)
    const said = new EvergrantError('token-unavailable', { message: 'm', help: 'h', details: { retryAt: null } })
    session.fail(said)
    const error: unknown = await answer.catch((thrown: unknown) => thrown)
    expect(isEvergrantError(error) && isTokenUnavailable(error)).toBe(true)
    expect(error).toBe(said)
    expect(session.waits).toHaveLength(1)
    expect(script.sent).toHaveLength(0)
  })

  it.for([-1, Number.NaN, '5'])('refuses a wait that is no time: %s', (maxWait) => {
    expect(() => bearer(fakeSession(), { maxWait: maxWait as number })).toThrow(expect.toSatisfy(isInvalidOptions))
  })

  it('P12 ends the wait for a token at the signal of the caller', async () => {
    const session = fakeSession({ signedIn: false })
    const controller = new AbortController()
    const api = client(session, { fetch: scriptedFetch(() => json({})).fetch })
    const answer = api.get('a', { signal: controller.signal })
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    await expect(answer).rejects.toThrow('no patience')
    expect(session.waiting).toBe(0)
  })

  it('hands on what only fetch understands', async () => {
    const seen: (RequestInit | undefined)[] = []
    const api = client(fakeSession(), {
      fetch: (_, init) => {
        seen.push(init)
        return Promise.resolve(json({}))
      },
    })
    await api.get('a', { priority: 'low' })
    expect(seen[0]).toMatchObject({ priority: 'low' })
  })

  it('works over a real connection, with a body, 20 times at once', async () => {
    await using server = await loopback(({ headers, body }, response) => {
      if (headers.authorization === 'Bearer token-2') reply(response, 200, { body })
      else reply(response, 401, { error: { code: 'unauthorized' } })
    })
    const session = fakeSession({ apiBaseUrl: server.url })
    const api = ky.extend(bearer(session)).extend({ prefix: server.url })
    const body = 'x'.repeat(100_000)
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.put('a', { body }).json()))
    for (const answer of answers) expect(answer).toEqual({ body })
    expect(session.renewals).toEqual([1])
    expect(server.received).toHaveLength(40)
  })
})
