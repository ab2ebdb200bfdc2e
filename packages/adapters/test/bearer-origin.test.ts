import { isForeignOrigin, isInvalidOptions } from '@evergrant/core'
import ky from 'ky'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bearerFetch } from '../src/fetch.ts'
import { bearer } from '../src/ky.ts'
import { fakeSession } from './support/fake-session.ts'
import { loopback, reply } from './support/loopback.ts'
import { json, scriptedFetch } from './support/scripted-fetch.ts'

const API = 'https://api.example.com'
const FOREIGN = [
  'https://example.com/',
  'https://api.example.com.evil.test/',
  'https://api.example.com@evil.test/',
  'https://api.example.com:8443/',
  'http://api.example.com/',
  'wss://api.example.com/',
  'data:text/plain,x',
]

describe('P11 the token goes to no foreign origin', () => {
  it.for(FOREIGN)('%s: nothing is sent', async (url) => {
    const session = fakeSession({ apiBaseUrl: `${API}/v1` })
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(session, { fetch: script.fetch })
    const error: unknown = await call(`${url}path?secret=1`).catch((thrown: unknown) => thrown)
    expect(isForeignOrigin(error)).toBe(true)
    expect(error).toHaveProperty('details.origin', new URL(url).origin)
    expect(error).toHaveProperty('help', expect.stringContaining(API))
    expect(String(error)).not.toContain('secret=1')
    await expect(call(new URL(url))).rejects.toSatisfy(isForeignOrigin)
    expect(script.sent).toHaveLength(0)
  })

  it('does not ask for a token first', async () => {
    const session = fakeSession({ apiBaseUrl: API, signedIn: false })
    await expect(bearerFetch(session)('https://evil.test/')).rejects.toSatisfy(isForeignOrigin)
    expect(session.waiting).toBe(0)
  })

  it('holds for ky, and is not tried again by it', async () => {
    const script = scriptedFetch(() => json({}))
    const api = ky.extend(bearer(fakeSession({ apiBaseUrl: API }), { fetch: script.fetch })).extend({ prefix: API })
    await expect(api.get('a')).resolves.toHaveProperty('ok', true)
    const error: unknown = await ky
      .extend(bearer(fakeSession({ apiBaseUrl: API }), { fetch: script.fetch }))
      .get('https://evil.test/')
      .catch((thrown: unknown) => thrown)
    expect(isForeignOrigin(error)).toBe(true)
    expect(script.sent).toHaveLength(1)
  })

  it('takes the place of the API from its list of origins, if it has one', async () => {
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(fakeSession({ apiBaseUrl: API }), {
      fetch: script.fetch,
      origins: ['https://one.example.com/path', 'http://localhost:8080'],
    })
    await call('https://one.example.com/other')
    await call('http://localhost:8080/')
    await expect(call(`${API}/`)).rejects.toSatisfy(isForeignOrigin)
    expect(script.sent).toHaveLength(2)
    const nowhere = bearerFetch(fakeSession(), { fetch: script.fetch, origins: [] })
    await expect(nowhere(`${API}/`)).rejects.toSatisfy(isForeignOrigin)
  })

  it('is any over TLS and on this machine, if none is known', async () => {
    const script = scriptedFetch(() => json({}))
    const call = bearerFetch(fakeSession(), { fetch: script.fetch })
    for (const url of ['https://a.test/', 'http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]/']) await call(url)
    expect(script.sent).toHaveLength(4)
    for (const url of ['http://a.test/', 'http://10.0.0.1/', 'http://localhost.a.test/', 'ftp://localhost/']) {
      await expect(call(url)).rejects.toSatisfy(isForeignOrigin)
    }
    expect(script.sent).toHaveLength(4)
  })

  it.for([['http://api.example.com'], ['api.example.com'], ['https://me:pass@api.example.com']])(
    'refuses %j as an origin',
    ([origin = '']) => {
      expect(() => bearerFetch(fakeSession(), { origins: [origin] })).toThrow(/^origins/)
      expect(() => bearerFetch(fakeSession({ apiBaseUrl: origin }))).toThrow(/^apiBaseUrl/)
    },
  )

  it('says so when an input is no whole URL', async () => {
    await expect(bearerFetch(fakeSession())('/a')).rejects.toSatisfy(isInvalidOptions)
  })

  describe('whose place comes with the token', () => {
    const moving = () => fakeSession({ movesTo: (generation) => `https://api0${generation}.example.com/` })

    it('is that alone', async () => {
      const script = scriptedFetch(() => json({}))
      const call = bearerFetch(moving(), { fetch: script.fetch })
      await call('https://api01.example.com/v1/accounts')
      for (const url of [`${API}/`, 'https://api02.example.com/', '\\\\evil.test/', 'mailto:a@b.test']) {
        await expect(call(url)).rejects.toSatisfy(isForeignOrigin)
      }
      expect(script.sent).toHaveLength(1)
    })

    it('is where a path leads, also after a refusal, once the place has moved', async () => {
      const session = moving()
      const script = scriptedFetch(({ url }) => (url.startsWith('https://api01') ? json({}, 401) : json({})))
      const call = bearerFetch(session, { fetch: script.fetch })
      await expect(call('/v1/accounts')).resolves.toHaveProperty('ok', true)
      await call('v1/time')
      await call('//evil.test/')
      expect(script.sent.map(({ url }) => url)).toEqual([
        'https://api01.example.com/v1/accounts',
        'https://api02.example.com/v1/accounts',
        'https://api02.example.com/v1/time',
        'https://api02.example.com/evil.test/',
      ])
    })

    it('does not follow where it would lead into plain text', async () => {
      const script = scriptedFetch(() => json({}))
      const call = bearerFetch(fakeSession({ movesTo: () => 'http://api.example.com/' }), { fetch: script.fetch })
      await expect(call('v1/time')).rejects.toSatisfy(isInvalidOptions)
      expect(script.sent).toEqual([])
    })

    it('gives way to origins that the caller names', async () => {
      const script = scriptedFetch(() => json({}))
      const call = bearerFetch(moving(), { fetch: script.fetch, origins: [API] })
      await call(`${API}/`)
      await expect(call('https://api01.example.com/')).rejects.toSatisfy(isForeignOrigin)
    })
  })

  describe('in a page', () => {
    afterEach(() => vi.unstubAllGlobals())

    it('a relative URL goes where the page is from', async () => {
      vi.stubGlobal('location', { href: 'https://app.example.com/index.html' })
      const script = scriptedFetch(() => json({}))
      const call = bearerFetch(fakeSession({ apiBaseUrl: API }), { fetch: script.fetch })
      await expect(call('/a')).rejects.toHaveProperty('details.origin', 'https://app.example.com')
      vi.stubGlobal('document', { baseURI: `${API}/` })
      // The scripted fetch lives outside the page, so it fails later, at the URL itself.
      await expect(call('/a')).rejects.toThrow(TypeError)
    })
  })
})

describe('a redirect', () => {
  it('to another origin is followed without the token, and a 401 there says nothing of it', async () => {
    await using elsewhere = await loopback((_, response) => reply(response, 401, { error: { code: 'unauthorized' } }))
    await using api = await loopback((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/b` }).end()
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    const answers = [
      await bearerFetch(session)(`${api.url}/a`),
      await ky.extend(bearer(session)).get(`${api.url}/a`, { throwHttpErrors: false }),
    ]
    for (const answer of answers) expect(answer.status).toBe(401)
    expect(api.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1'])
    expect(elsewhere.received).toHaveLength(2)
    for (const { headers } of elsewhere.received) expect(headers).not.toHaveProperty('authorization')
    expect(session.reports).toEqual([])
  })

  it('within the origin takes the token along, and a 401 there counts', async () => {
    await using api = await loopback(({ path, headers }, response) => {
      if (path === '/a') response.writeHead(307, { location: '/b' }).end()
      else reply(response, headers.authorization === 'Bearer token-2' ? 200 : 401, {})
    })
    const session = fakeSession({ apiBaseUrl: api.url })
    expect((await bearerFetch(session)(`${api.url}/a`)).status).toBe(200)
    expect(session.reports).toEqual([1])
  })
})
