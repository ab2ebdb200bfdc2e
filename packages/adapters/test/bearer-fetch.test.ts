import { EvergrantError } from '@evergrant/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bearerFetch } from '../src/fetch.ts'
import { fakeSession } from './support/fake-session.ts'
import { authorizations, json, refusal, scriptedFetch } from './support/scripted-fetch.ts'

const API = 'https://api.example.com'

const revoked = new EvergrantError('grant-revoked', { message: 'gone', help: 'log in', details: { account: 'a' } })

describe('the token on a request', () => {
  it('goes along with what the caller sends', async () => {
    const session = fakeSession({ apiBaseUrl: API })
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(session, { fetch: script.fetch })
    await call(`${API}/a`)
    await call(new URL(`${API}/b`), { headers: { 'x-mine': '1' } })
    await call(new Request(`${API}/c`, { method: 'POST', headers: { 'x-mine': '2' }, body: 'text' }))
    await call(new Request(`${API}/d`, { headers: { 'x-mine': '3' } }), { headers: [['x-other', '4']] })
    expect(authorizations(script.sent)).toEqual(Array(4).fill('Bearer token-1'))
    expect(script.sent.map(({ url }) => url.slice(API.length))).toEqual(['/a', '/b', '/c', '/d'])
    expect(script.sent.map(({ headers }) => headers.get('x-mine'))).toEqual([null, '1', '2', null])
    expect(script.sent[3]?.headers.get('x-other')).toBe('4')
    expect(script.bodies[2]).toBe('text')
  })

  it('wins over an Authorization of the caller', async () => {
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(fakeSession(), { fetch: script.fetch })
    await call(`${API}/a`, { headers: { AUTHORIZATION: 'Basic made-up' } })
    await call(new Request(`${API}/a`, { headers: { authorization: 'Basic made-up' } }))
    expect(authorizations(script.sent)).toEqual(['Bearer token-1', 'Bearer token-1'])
  })

  it('does not stay on what the caller handed in', async () => {
    const request = new Request(`${API}/a`, { headers: { 'x-mine': '1' } })
    const init = { headers: { 'x-mine': '2' } }
    const call = bearerFetch(fakeSession(), { fetch: scriptedFetch(() => json({})).fetch })
    await call(request)
    await call(`${API}/a`, init)
    expect(request.headers.has('authorization')).toBe(false)
    expect(init).toEqual({ headers: { 'x-mine': '2' } })
  })

  it('leaves the referrer of a request as it was', async () => {
    const seen: (RequestInit | undefined)[] = []
    const call = bearerFetch(fakeSession(), {
      fetch: (_, init) => {
        seen.push(init)
        return Promise.resolve(json({}))
      },
    })
    await call(new Request(`${API}/a`, { referrerPolicy: 'origin', referrer: '' }))
    await call(new Request(`${API}/a`))
    expect(seen[0]).toMatchObject({ referrerPolicy: 'origin', referrer: '' })
    expect(Object.keys(seen[1] ?? {})).toEqual(['headers'])
  })

  it('is waited for if there is none yet', async () => {
    const session = fakeSession({ signedIn: false })
    const script = scriptedFetch(() => json({}))
    const answer = bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    await session.untilWaiting(1)
    expect(script.sent).toHaveLength(0)
    session.renew()
    expect((await answer).status).toBe(200)
    expect(authorizations(script.sent)).toEqual(['Bearer token-1'])
  })

  it('is not there: the error of the session comes out, and nothing is sent', async () => {
    const session = fakeSession({ signedIn: false })
    const script = scriptedFetch(() => json({}))
    const answer = bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    await session.untilWaiting(1)
    session.fail(revoked)
    await expect(answer).rejects.toBe(revoked)
    expect(script.sent).toHaveLength(0)
  })

  it('cannot be in a header: the error does not quote it', async () => {
    const call = bearerFetch(fakeSession({ value: () => 'canary\r\nx: y' }), {
      fetch: scriptedFetch(() => json({})).fetch,
    })
    const error: unknown = await call(`${API}/a`).catch((thrown: unknown) => thrown)
    expect(error).toHaveProperty('code', 'invalid-options')
    expect(String(error)).not.toContain('canary')
  })

  describe('goes through the global fetch', () => {
    afterEach(() => vi.unstubAllGlobals())

    it('of the moment', async () => {
      const call = bearerFetch(fakeSession())
      const script = scriptedFetch(() => json({}))
      vi.stubGlobal('fetch', script.fetch)
      await call(`${API}/a`)
      expect(authorizations(script.sent)).toEqual(['Bearer token-1'])
    })
  })
})

describe('P12 an abort by the caller', () => {
  it.for(['init', 'request'] as const)('ends the wait for a token (signal of the %s)', async (place) => {
    const session = fakeSession({ signedIn: false })
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(session, { fetch: script.fetch })
    const controller = new AbortController()
    const { signal } = controller
    const answer = place === 'init' ? call(`${API}/a`, { signal }) : call(new Request(`${API}/a`, { signal }))
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    await expect(answer).rejects.toThrow('no patience')
    expect(session.waiting).toBe(0)
    expect(script.sent).toHaveLength(0)
  })

  it('ends the wait for the next token', async () => {
    const session = fakeSession({ renews: false })
    const call = bearerFetch(session, { fetch: scriptedFetch(refusal).fetch })
    const controller = new AbortController()
    const answer = call(`${API}/a`, { signal: controller.signal })
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    await expect(answer).rejects.toThrow('no patience')
    expect(session.reports).toEqual([1])
  })

  it('of one ends that one only', async () => {
    const session = fakeSession({ signedIn: false })
    const call = bearerFetch(session, { fetch: scriptedFetch(() => json({})).fetch })
    const controller = new AbortController()
    const impatient = call(`${API}/a`, { signal: controller.signal })
    const patient = call(`${API}/b`)
    await session.untilWaiting(2)
    controller.abort(new Error('no patience'))
    await expect(impatient).rejects.toThrow('no patience')
    session.renew()
    expect((await patient).status).toBe(200)
  })

  it('does not count once the init says that there is no signal', async () => {
    const session = fakeSession({ signedIn: false })
    const call = bearerFetch(session, { fetch: scriptedFetch(() => json({})).fetch })
    const controller = new AbortController()
    const answer = call(new Request(`${API}/a`, { signal: controller.signal }), { signal: null })
    await session.untilWaiting(1)
    controller.abort(new Error('no patience'))
    session.renew()
    expect((await answer).status).toBe(200)
  })
})

describe('bearerFetch()', () => {
  it('refuses options that there are not', () => {
    expect(() => bearerFetch(fakeSession(), { orgins: [] } as object)).toThrow(/^orgins/)
    expect(() => bearerFetch(fakeSession(), { replay: 'sometimes' as 'always' })).toThrow(/^replay/)
  })
})
