import { EvergrantError } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { bearerFetch } from '../src/fetch.ts'
import { fakeSession } from './support/fake-session.ts'
import { authorizations, edgePage, json, refusal, scriptedFetch } from './support/scripted-fetch.ts'

const API = 'https://api.example.com'

const revoked = new EvergrantError('grant-revoked', { message: 'gone', help: 'log in', details: { account: 'a' } })

describe('P10 a refusal of the token', () => {
  const invalid = 'Bearer realm="api", error="invalid_token", error_description="expired"'
  const verdicts: Readonly<Record<string, () => Response>> = {
    'a 401 with JSON': refusal,
    'a 401 with a kind of JSON': () => json({}, 401, { 'content-type': 'application/problem+json; charset=utf-8' }),
    'a challenge on HTML': () => new Response('<html>', { status: 401, headers: { 'www-authenticate': invalid } }),
    'a challenge on nothing': () => new Response(null, { status: 401, headers: { 'www-authenticate': invalid } }),
    'a challenge without quotes': () =>
      new Response(null, { status: 401, headers: { 'www-authenticate': 'bearer error=invalid_token' } }),
  }
  it.for(Object.entries(verdicts))(
    'is %s: the request goes out once more with the next token',
    async ([, response]) => {
      const session = fakeSession()
      const script = scriptedFetch((_, count) => (count === 1 ? response() : json({ ok: true })))
      const answer = await bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
      expect(await answer.json()).toEqual({ ok: true })
      expect(authorizations(script.sent)).toEqual(['Bearer token-1', 'Bearer token-2'])
      expect(session.reports).toEqual([1])
    },
  )

  const others: Readonly<Record<string, () => Response>> = {
    'a 401 with HTML': () => edgePage(401),
    'a 401 with nothing': () => new Response(null, { status: 401 }),
    'a 401 with JSON of no length': () => json('', 401, { 'content-length': '0' }),
    'a 401 whose challenge names something else': () =>
      json({}, 401, { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
    'a 401 of another scheme': () =>
      new Response('<html>', {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="x", error="invalid_token"' },
      }),
    'a 403 with HTML': () => edgePage(403),
    'a 403 with JSON': () => json({ error: { code: 'not_permitted' } }, 403),
    'a 403 with a challenge': () => json({}, 403, { 'www-authenticate': invalid }),
    'a 400': () => json({ error: { code: 'unauthorized' } }, 400),
    'a 500': () => json({ error: { code: 'unauthorized' } }, 500),
    'a 200 with a challenge': () => json({}, 200, { 'www-authenticate': invalid }),
  }
  it.for(Object.entries(others))('is not %s: it is given back as it is', async ([, response]) => {
    const session = fakeSession()
    const script = scriptedFetch(response)
    const answer = await bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    expect(answer.status).toBe(response().status)
    expect(await answer.text()).toBe(await response().text())
    expect(script.sent).toHaveLength(1)
    expect(session.reports).toEqual([])
  })

  it('may be told by the caller, of answers from 400 on', async () => {
    const session = fakeSession()
    const asked: number[] = []
    const script = scriptedFetch((_, count) => json({ kind: 'TokenException' }, count === 1 ? 403 : 200))
    const call = bearerFetch(session, {
      fetch: script.fetch,
      isRejected: async (response) => {
        asked.push(response.status)
        return ((await response.clone().json()) as { kind: string }).kind === 'TokenException'
      },
    })
    expect((await call(`${API}/a`)).status).toBe(200)
    expect(asked).toEqual([403])
    expect(session.reports).toEqual([1])
  })

  it('a second time is given back, and reported for its own generation', async () => {
    const session = fakeSession()
    const script = scriptedFetch(refusal)
    const answer = await bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toHaveProperty('error.code', 'unauthorized')
    expect(authorizations(script.sent)).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(session.reports).toEqual([1, 2])
  })

  it('without a next token gives the error of the session', async () => {
    const session = fakeSession({ renews: false })
    const answer = bearerFetch(session, { fetch: scriptedFetch(refusal).fetch })(`${API}/a`)
    await session.untilWaiting(1)
    session.fail(revoked)
    await expect(answer).rejects.toBe(revoked)
  })

  it('frees its connection before the wait for the next token', async () => {
    const session = fakeSession({ renews: false })
    let cancelled = false
    const endless = new ReadableStream({
      cancel: () => {
        cancelled = true
      },
    })
    const script = scriptedFetch((_, count) =>
      count === 1 ? new Response(endless, { status: 401, headers: { 'content-type': 'application/json' } }) : json({}),
    )
    const answer = bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    await session.untilWaiting(1)
    expect(cancelled).toBe(true)
    session.renew()
    expect((await answer).status).toBe(200)
  })

  it('that comes late starts nothing: the request goes out with the token that is there', async () => {
    const session = fakeSession({ renews: false })
    const script = scriptedFetch((_, count) => {
      if (count > 1) return json({})
      session.renew()
      return refusal()
    })
    const late = bearerFetch(session, { fetch: script.fetch })(`${API}/a`)
    expect((await late).status).toBe(200)
    expect(authorizations(script.sent)).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(session.reports).toEqual([1])
    expect(session.renewals).toEqual([])
  })

  it('200 at once and 200 late cost one renewal for one generation', async () => {
    const session = fakeSession({ renews: false })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const script = scriptedFetch(async ({ url, headers }) => {
      if (headers.get('authorization') !== 'Bearer token-1') return json({})
      if (url.endsWith('late')) await held
      return refusal()
    })
    const call = bearerFetch(session, { fetch: script.fetch })
    const late = Array.from({ length: 200 }, () => call(`${API}/late`))
    const early = Array.from({ length: 200 }, () => call(`${API}/early`))
    await session.untilWaiting(200)
    session.renew()
    expect((await Promise.all(early)).every(({ ok }) => ok)).toBe(true)
    release()
    expect((await Promise.all(late)).every(({ ok }) => ok)).toBe(true)
    expect(session.reports).toHaveLength(400)
    expect(session.renewals).toEqual([1])
    expect(script.sent).toHaveLength(800)
  })
})
