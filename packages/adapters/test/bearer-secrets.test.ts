import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import ky from 'ky'
import { describe, expect, it } from 'vitest'
import { bearerFetch } from '../src/fetch.ts'
import { bearer } from '../src/ky.ts'
import { fakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'

const canaries = plantCanaries()
const CANARY = canaries.plant('access token')

function session(apiBaseUrl: string) {
  return fakeSession({ apiBaseUrl, value: (generation) => `${CANARY}-${generation}` })
}

function caught(answer: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(answer).then(
    () => {
      throw new Error('It did not fail')
    },
    (error: unknown) => error,
  )
}

describe('P11 the token does not leave in errors of the HTTP library', () => {
  it.for([401, 403, 404, 500])("not in ky's HTTPError for %i, its request, options and response", async (status) => {
    await using server = await loopback((_, response) => reply(response, status, { error: { code: 'x' } }))
    const api = ky.extend(bearer(session(server.url))).extend({ prefix: server.url, retry: 0 })
    const calls = [() => api.get('a'), () => api.put('a', { json: { a: 1 } }), () => api.post('a', { body: 'text' })]
    for (const call of calls) {
      const error = await caught(call())
      expect(error).toHaveProperty('name', 'HTTPError')
      expect(error).toHaveProperty('request.url', `${server.url}/a`)
      expectNoCanary(error, canaries)
    }
    expect(server.received.every(({ headers }) => headers.authorization?.includes(CANARY))).toBe(true)
  })

  it("not in ky's NetworkError when the connection drops", async () => {
    await using server = await loopback((_, response) => response.destroy())
    const api = ky.extend(bearer(session(server.url))).extend({ prefix: server.url, retry: 0 })
    const error = await caught(api.get('a'))
    expect(error).toHaveProperty('name', 'NetworkError')
    expect(server.received[0]?.headers.authorization).toContain(CANARY)
    expectNoCanary(error, canaries)
  })

  it("not in ky's TimeoutError, nor in the error of a body that is no JSON", async () => {
    await using silent = await loopback(() => undefined)
    const mute = ky.extend(bearer(session(silent.url))).extend({ prefix: silent.url, retry: 0, timeout: 50 })
    const late = await caught(mute.get('a'))
    expect(late).toHaveProperty('name', 'TimeoutError')
    expectNoCanary(late, canaries)

    await using babbling = await loopback((_, response) => response.end('<html>'))
    const api = ky.extend(bearer(session(babbling.url))).extend({ prefix: babbling.url })
    const error = await caught(api.get('a').json())
    expect(error).toBeInstanceOf(SyntaxError)
    expectNoCanary(error, canaries)
  })

  it("not in what ky's hooks are shown", async () => {
    await using server = await loopback((_, response) => reply(response, 503, {}))
    const shown: unknown[] = []
    const api = ky.extend(bearer(session(server.url))).extend({
      prefix: server.url,
      retry: { limit: 1, delay: () => 0 },
      hooks: {
        beforeRequest: [(state) => void shown.push({ ...state })],
        afterResponse: [(state) => void shown.push({ ...state })],
        beforeRetry: [(state) => void shown.push({ ...state })],
        beforeError: [
          (state) => {
            shown.push({ ...state })
            return state.error
          },
        ],
      },
    })
    shown.push(await caught(api.get('a')))
    expect(shown.length).toBeGreaterThan(4)
    expectNoCanary(shown, canaries)
  })

  it('not in the errors and answers of fetch', async () => {
    await using dropping = await loopback((_, response) => response.destroy())
    const error = await caught(bearerFetch(session(dropping.url))(`${dropping.url}/a`))
    expect(error).toBeInstanceOf(TypeError)
    expectNoCanary(error, canaries)

    await using server = await loopback((_, response) => reply(response, 401, {}))
    const request = new Request(`${server.url}/a`)
    const answer = await bearerFetch(session(server.url))(request)
    expectNoCanary([answer, request], canaries)
  })

  it('not in the error for a foreign origin', async () => {
    const error = await caught(bearerFetch(session('https://api.example.com'))('https://evil.test/'))
    expect(error).toHaveProperty('code', 'foreign-origin')
    expectNoCanary(error, canaries)
  })
})
