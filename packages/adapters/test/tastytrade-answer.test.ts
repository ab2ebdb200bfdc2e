import { judge } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { edgePage, json } from './support/scripted-fetch.ts'
import { ask, failureOf } from './support/token-answer.ts'

describe('a granted token', () => {
  it('comes with what the server says of it', async () => {
    const answer = await ask(
      json({ access_token: 'made-up-access', token_type: 'Bearer', expires_in: 900, scope: 'read trade' }),
    )
    expect(answer).toMatchObject({ expiresIn: 900, scope: 'read trade' })
    expect(String(answer.accessToken)).toBe('[secret]')
    expect((answer.accessToken as { reveal(): string }).reveal()).toBe('made-up-access')
    expect(answer).not.toHaveProperty('refreshToken')
    expect(answer).not.toHaveProperty('date')
  })

  it.for([
    [900, 900],
    ['900', 900],
    ['900.5', 900.5],
    [0, 0],
    [-1, undefined],
    ['', undefined],
    ['soon', undefined],
    ['1e3', undefined],
    [null, undefined],
    [{ seconds: 9 }, undefined],
    [undefined, undefined],
  ] as const)('reads expires_in %j as %s', async ([given, expected]) => {
    expect((await ask(json({ access_token: 'a', expires_in: given }))).expiresIn).toBe(expected)
  })

  it('takes a number too large for a double as missing', async () => {
    const body = '{"access_token":"a","expires_in":1e999}'
    expect((await ask(new Response(body))).expiresIn).toBeUndefined()
  })

  it('seals a new refresh token', async () => {
    const { refreshToken } = await ask(json({ access_token: 'a', refresh_token: 'rotated' }))
    expect((refreshToken as { reveal(): string }).reveal()).toBe('rotated')
  })

  it.for(['', null, 42, ['x'], {}])('takes the refresh token %j as none', async (given) => {
    expect(await ask(json({ access_token: 'a', refresh_token: given }))).not.toHaveProperty('refreshToken')
  })

  it.for([200, 201, 203])('may come with status %i', async (status) => {
    await expect(ask(json({ access_token: 'a' }, status))).resolves.toHaveProperty('accessToken')
  })

  it('gives the server time, unless a cache answered', async () => {
    const date = 'Fri, 02 Jan 2026 15:00:00 GMT'
    const fresh = await ask(json({ access_token: 'a' }, 200, { date }))
    expect(fresh.date).toBe(Date.UTC(2026, 0, 2, 15))
    const cached = await ask(json({ access_token: 'a' }, 200, { date, age: '0' }))
    expect(cached).not.toHaveProperty('date')
    const nonsense = await ask(json({ access_token: 'a' }, 200, { date: '5' }))
    expect(nonsense).not.toHaveProperty('date')
  })
})

describe('an answer without a usable token', () => {
  const bodies: Readonly<Record<string, string>> = {
    nothing: '',
    HTML: '<html>Welcome</html>',
    'half of it': '{"access_token":"made-up-acc',
    'an empty object': '{}',
    'a list': '[{"access_token":"a"}]',
    null: 'null',
    'a bare text': '"made-up-access"',
    'an empty token': '{"access_token":""}',
    'a number for a token': '{"access_token":12345}',
    'a token with a line break': '{"access_token":"a\\nX-Injected: 1"}',
    'a token with a letter no header carries': '{"access_token":"tökén→"}',
    'the envelope of the API': '{"data":{"access_token":"a"}}',
  }
  it.for(Object.entries(bodies))('is malformed: %s', async ([, body]) => {
    expect(await failureOf(new Response(body))).toMatchObject({ kind: 'malformed', status: 200 })
  })

  it('is malformed with 204 too', async () => {
    expect(await failureOf(new Response(null, { status: 204 }))).toMatchObject({ kind: 'malformed', status: 204 })
  })

  it('is malformed when larger than the cap, and is not read to its end', async () => {
    let pulled = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(1024).fill(0x20))
      },
      cancel() {
        cancelled = true
      },
    })
    const failure = await failureOf(new Response(endless), { maxResponseBytes: 10_000 })
    expect(failure).toEqual({ kind: 'malformed', status: 200, description: 'the answer is larger than 10000 bytes' })
    expect(cancelled).toBe(true)
    expect(pulled).toBeLessThan(20)
  })

  it('has a cap of 64 KiB, which a body may fill', async () => {
    const token = '{"access_token":"a"}'
    await expect(ask(new Response(token.padEnd(65_536)))).resolves.toHaveProperty('accessToken')
    expect(await failureOf(new Response(token.padEnd(65_537)))).toHaveProperty('kind', 'malformed')
  })

  it('is malformed when it breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"access_token":"a"')),
      pull: (controller) => controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' })),
    })
    expect(await failureOf(new Response(broken))).toEqual({
      kind: 'malformed',
      status: 200,
      description: 'the answer broke off (ECONNRESET)',
    })
  })

  it('reads a letter that is split over two pieces', async () => {
    const bytes = new TextEncoder().encode('{"error_code":"invalid_grant","error_description":"Grant révoked"}')
    const middle = bytes.indexOf(0xc3) + 1
    const split = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, middle))
        controller.enqueue(bytes.slice(middle))
        controller.close()
      },
    })
    expect(await failureOf(new Response(split, { status: 400 }))).toHaveProperty('description', 'Grant révoked')
  })
})

describe('a refusal', () => {
  const shapes = [
    [{ error_code: 'invalid_grant', error_description: 'Invalid JWT' }, 'invalid_grant', 'Invalid JWT'],
    [{ error_code: 'invalid_grant', error_description: 'Grant revoked' }, 'invalid_grant', 'Grant revoked'],
    [{ error: 'invalid_client', error_description: 'No such client' }, 'invalid_client', 'No such client'],
    [{ error: 'access_denied' }, 'access_denied', undefined],
    [{ error: { code: 'unauthorized', message: 'Not you' } }, 'unauthorized', 'Not you'],
    [{ error: { code: 406, message: 'No such version' } }, '406', 'No such version'],
    [{ error: { code: null, message: 'Not you' } }, undefined, 'Not you'],
    [{ error_description: 'Client secret mismatch' }, undefined, 'Client secret mismatch'],
    [{ error_code: 'invalid_grant', error: 'other' }, 'invalid_grant', undefined],
    [{ error_code: 7, error_description: ['no text'] }, '7', undefined],
    [{ error_code: '', error: 'invalid_scope' }, 'invalid_scope', undefined],
  ] as const
  it.for(shapes)('is read in the shape %j', async ([body, oauthCode, description]) => {
    for (const status of [400, 401, 403, 422]) {
      const failure = await failureOf(json(body, status))
      expect(failure.kind).toBe('rejected')
      expect(failure.status).toBe(status)
      expect(failure.oauthCode).toBe(oauthCode)
      expect(failure.description).toBe(description)
    }
  })

  it('is known by its text, whatever the content type says', async () => {
    const body = '{"error_code":"invalid_grant"}'
    const failure = await failureOf(new Response(body, { status: 400, headers: { 'content-type': 'text/html' } }))
    expect(failure).toMatchObject({ kind: 'rejected', oauthCode: 'invalid_grant' })
  })

  it('may come with status 200', async () => {
    const failure = await failureOf(json({ error: 'bad_refresh_token', error_description: 'Expired' }))
    expect(failure).toMatchObject({ kind: 'rejected', status: 200, oauthCode: 'bad_refresh_token' })
  })

  it.for([
    [{ error_code: 'invalid_grant', error_description: 'Grant revoked' }, 'grant-revoked'],
    [{ error_description: 'Client secret mismatch' }, 'client-rejected'],
  ] as const)('leads core to the right verdict: %j', async ([body, reason]) => {
    expect(judge(await failureOf(json(body, 400)))).toEqual({ kind: 'revoked', reason })
  })

  it('has its description cut and cleaned of what was sent', async () => {
    const said = `made.up.refresh and ${encodeURIComponent('made-up+secret/1')} and \u0007 ${'x'.repeat(500)}`
    const failure = await failureOf(json({ error_code: 'made-up+secret/1', error_description: said }, 400))
    expect(failure.description).toMatch(/^\[secret\] and \[secret\] and {3}x+…$/)
    expect(failure.description?.length).toBeLessThanOrEqual(201)
    expect(failure.oauthCode).toBe('[secret]')
  })
})

describe('P9 a failure that judges nothing', () => {
  it.for([401, 403] as const)('is the edge: %i with HTML, with nothing, with foreign JSON', async (status) => {
    for (const response of [edgePage(status), new Response(null, { status }), json({ message: 'Forbidden' }, status)]) {
      const failure = await failureOf(response)
      expect(failure).toEqual({ kind: 'edge', status })
    }
  })

  it.for([408, 500, 501, 502, 503, 504])('is the server: %i, even with an OAuth code', async (status) => {
    const failure = await failureOf(json({ error_code: 'invalid_grant' }, status, { 'retry-after': '7' }))
    expect(failure).toEqual({ kind: 'server', status, oauthCode: 'invalid_grant', retryAfter: 7000 })
    expect(judge(failure)).toEqual({ kind: 'transient', retryAfter: 7000 })
  })

  it('is the limit: 429, even with an OAuth code', async () => {
    const failure = await failureOf(json({ error_code: 'invalid_grant' }, 429))
    expect(failure).toEqual({ kind: 'rate-limited', status: 429, oauthCode: 'invalid_grant' })
  })

  it.for([300, 301, 302, 303, 304, 307, 308])('is a redirect: %i', async (status) => {
    const headers = { location: 'https://login.example.com/path?with=things' }
    const failure = await failureOf(new Response(null, { status, headers }))
    expect(failure).toEqual({ kind: 'redirect', status, description: 'to https://login.example.com' })
  })

  it('is a redirect that a browser hides', async () => {
    const hidden = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
      ok: { value: false },
    })
    expect(await failureOf(hidden)).toEqual({ kind: 'redirect' })
  })

  it.for([400, 404, 405, 418])('is unknown: %i without an error that can be read', async (status) => {
    expect(await failureOf(new Response('<html></html>', { status }))).toEqual({ kind: 'unknown', status })
    expect(await failureOf(json({}, status))).toEqual({ kind: 'unknown', status })
  })

  it('keeps the time of the server', async () => {
    const failure = await failureOf(json({}, 503, { date: 'Fri, 02 Jan 2026 15:00:00 GMT' }))
    expect(failure.date).toBe(Date.UTC(2026, 0, 2, 15))
  })
})
