import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isForeignOrigin, isGrantRevoked, EvergrantError } from '@evergrant/core'
import axios, { AxiosError, CanceledError } from 'axios'
import { describe, expect, it } from 'vitest'
import { bearer, type BearerOptions } from '../src/axios.ts'
import { failureOf } from './support/failure-of.ts'
import { fakeSession, type FakeSession } from './support/fake-session.ts'
import { loopback, reply, type Loopback } from './support/loopback.ts'
import { authorizations, json, refusal, scriptedFetch } from './support/scripted-fetch.ts'

const API = 'https://api.example.com'

function client(session: FakeSession, options?: BearerOptions) {
  return axios.create({ ...bearer(session, options), baseURL: API })
}

/** An API that takes the second token only. */
function secondTokenOnly(): Promise<Loopback> {
  return loopback(({ headers, body }, response) => {
    reply(response, headers.authorization === 'Bearer token-2' ? 200 : 401, { body })
  })
}

describe('axios with a session', () => {
  it('sends the token beside its own headers, parameters and JSON', async () => {
    const script = scriptedFetch(() => json({ data: 1 }))
    const api = client(fakeSession({ apiBaseUrl: API }), { fetch: script.fetch })
    const { data, status } = await api.post('/orders', { a: 1 }, { params: { b: 2 }, headers: { 'x-mine': '1' } })
    expect([status, data]).toEqual([200, { data: 1 }])
    const [sent] = script.sent
    expect(sent?.url).toBe(`${API}/orders?b=2`)
    expect(sent?.headers.get('authorization')).toBe('Bearer token-1')
    expect(sent?.headers.get('x-mine')).toBe('1')
    expect(script.bodies).toEqual(['{"a":1}'])
  })

  it('joins an instance that is there, and wins over its auth', async () => {
    const script = scriptedFetch(() => json({}))
    const instance = axios.create({ baseURL: API, auth: { username: 'me', password: 'made-up' } })
    instance.defaults.adapter = bearer(fakeSession(), { fetch: script.fetch }).adapter
    await instance.get('/a')
    expect(authorizations(script.sent)).toEqual(['Bearer token-1'])
  })

  it('hands on what only fetch understands, and nothing of its own', async () => {
    const seen: (RequestInit | undefined)[] = []
    const api = client(fakeSession(), {
      fetch: (_, init) => {
        seen.push(init)
        return Promise.resolve(json({}))
      },
    })
    await api.get('/a', { fetchOptions: { priority: 'low' } })
    expect(Object.keys(seen[0] ?? {}).toSorted()).toEqual(['headers', 'priority'])
  })

  it('P10 sends a refused request once more, body and all, also where its progress is watched', async () => {
    await using api = await secondTokenOnly()
    const session = fakeSession({ apiBaseUrl: api.url })
    const progress: number[] = []
    const { data } = await axios
      .create(bearer(session))
      .put(`${api.url}/a`, { a: 1 }, { onUploadProgress: ({ loaded }) => progress.push(loaded) })
    expect(data).toEqual({ body: '{"a":1}' })
    expect(api.received.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
    expect(progress.length).toBeGreaterThan(0)
    expect(session.renewals).toEqual([1])
  })

  it('P10 sends a stream of Node once, also where anything may be repeated', async () => {
    await using api = await secondTokenOnly()
    const session = fakeSession({ apiBaseUrl: api.url })
    const body = Readable.from([Buffer.from('some '), Buffer.from('text')])
    const error = await failureOf(axios.create(bearer(session, { replay: 'always' })).put(`${api.url}/a`, body))
    expect(error).toHaveProperty('response.status', 401)
    expect(api.received.map((request) => request.body)).toEqual(['some text'])
    expect(session.reports).toEqual([1])
  })

  it('gives a second refusal as its own error, whose body is read', async () => {
    const script = scriptedFetch(refusal)
    const error = await failureOf(client(fakeSession(), { fetch: script.fetch }).get('/a'))
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toHaveProperty('response.data.error.code', 'unauthorized')
    expect(script.sent).toHaveLength(2)
  })

  it('shows its interceptors the config that they know', async () => {
    const script = scriptedFetch((_, count) => json({}, count === 2 ? 500 : 200))
    const api = client(fakeSession(), { fetch: script.fetch })
    const configs: unknown[] = []
    api.interceptors.request.use((config) => {
      configs.push(config)
      return config
    })
    const { config } = await api.get('/a')
    const error = (await failureOf(api.get('/b'))) as AxiosError
    expect(config).toBe(configs[0])
    expect(error.config).toBe(configs[1])
    expect(error.response?.config).toBe(configs[1])
    expect(config.fetchOptions).toBeUndefined()
    // A program that repeats a request by its config gets the token anew.
    expect((await api.request(error.config ?? {})).status).toBe(200)
    expect(authorizations(script.sent)).toEqual(Array(3).fill('Bearer token-1'))
  })

  it('gives what the session says as it is, with its help', async () => {
    const session = fakeSession({ signedIn: false, apiBaseUrl: API })
    const api = client(session)
    const failed = failureOf(api.get('/a'))
    await session.untilWaiting(1)
    const revoked = new EvergrantError('grant-revoked', { message: 'gone', help: 'log in', details: { account: 'a' } })
    session.fail(revoked)
    expect(await failed).toBe(revoked)
    expect(isGrantRevoked(await failed)).toBe(true)
    expect(isForeignOrigin(await failureOf(api.get('https://evil.test/')))).toBe(true)
  })

  it('P12 ends the wait for a token at its own time limit and at the signal of the caller, with its own errors', async () => {
    const session = fakeSession({ signedIn: false, apiBaseUrl: API })
    const api = client(session)
    const late = await failureOf(api.get('/a', { timeout: 1, transitional: { clarifyTimeoutError: true } }))
    expect(late).toHaveProperty('code', 'ETIMEDOUT')
    const controller = new AbortController()
    const leaving = failureOf(api.get('/a', { signal: controller.signal }))
    await session.untilWaiting(1)
    controller.abort()
    expect(await leaving).toBeInstanceOf(CanceledError)
    expect(session.waiting).toBe(0)
  })

  it('P12 lets a session go that nobody holds any more', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const script = scriptedFetch(() => json({}))
    const used = async (): Promise<WeakRef<object>> => {
      const session = fakeSession()
      await client(session, { fetch: script.fetch }).get('/a')
      return new WeakRef(session)
    }
    const sessions = await Promise.all(Array.from({ length: 10 }, used))
    await new Promise(setImmediate)
    collect()
    // The collector may overlook one that is still named on the stack.
    expect(sessions.filter((session) => session.deref() !== undefined).length).toBeLessThan(2)
  })
})
