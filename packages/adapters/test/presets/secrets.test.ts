import { createHash } from 'node:crypto'
import { createSession, memoryStore, type SessionEvent } from '@evergrant/core'
import { expectNoCanary, plantCanaries, tapFetch, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { oauth2 } from '../../src/oauth2.ts'
import { presets } from '../../src/presets.ts'
import { failureOf } from '../support/failure-of.ts'
import { json } from '../support/scripted-fetch.ts'
import { REDIRECT_URI } from './daily-fakes.ts'

const CLIENT_ID = 'made-up-client'
const NAMES = ['questrade', 'upstox', 'zerodha'] as const

type Trouble = (sent: string, body: string) => Response

/** Each repeats what it was sent, in the words of one of these servers or another. */
const troubles: Readonly<Record<string, Trouble>> = {
  'a refusal that repeats it': (sent) => json({ error: 'invalid_request', error_description: sent }, 400),
  'a refusal of Kite': (sent) => json({ status: 'error', error_type: 'TokenException', message: sent }, 403),
  'a refusal of Kite whose name is it': (sent) => json({ status: 'error', error_type: sent, message: 'Sorry' }, 403),
  'a refusal of Upstox': (sent) => json({ status: 'error', errors: [{ error_code: sent, message: sent }] }, 401),
  'an error page with it': (sent) => new Response(sent, { status: 500 }),
  'a bad request with it': (sent) => new Response(sent, { status: 400 }),
  'a redirect that carries it': (_, body) =>
    new Response(null, { status: 307, headers: { location: `https://api.kite.trade/?${body}` } }),
  'a success that makes no sense': (sent) => json({ status: 'success', data: { token: sent } }),
  'a library that tells all': (sent, body) => {
    throw Object.assign(new Error(`Could not send ${sent}`, { cause: { body, sent } }), { code: sent, config: sent })
  },
}

describe.for(NAMES)('P11 no secret leaves a session at %s', (name) => {
  it.for(Object.keys(troubles))('in %s', async (trouble) => {
    const canaries = plantCanaries()
    const clock = new VirtualClock()
    const clientSecret = canaries.plant('client secret')
    const refreshToken = canaries.plant('refresh token')
    const checksum = createHash('sha256').update(`${CLIENT_ID}${refreshToken}${clientSecret}`).digest('hex')
    canaries.note('checksum', checksum)

    const bodies: string[] = []
    const answer: FetchFunction = async (input, init) => {
      const body = await new Request(input, init).text()
      bodies.push(body)
      const values = [...new URLSearchParams(body).values()]
      return troubles[trouble]?.([...values, body].join(' | '), body) ?? new Response()
    }
    const { fetch, requests } = tapFetch(answer, canaries)
    const redirectUri = name === 'upstox' ? REDIRECT_URI : undefined
    const provider = oauth2({ ...presets[name], redirectUri, clock, fetch })
    const credentials = { clientId: CLIENT_ID, clientSecret, refreshToken }
    await using session = createSession({ provider, credentials, clock, store: memoryStore() })
    const events: SessionEvent[] = []
    session.events$.subscribe((event) => events.push(event))
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    const error = await waiting

    expect(bodies[0]).toContain(encodeURIComponent(refreshToken.slice(0, 3)))
    expect(bodies[0]?.includes(checksum)).toBe(name === 'zerodha')
    expect(error).not.toBeNull()
    const addresses = requests.map(({ url }) => url)
    expectNoCanary([error, session, session.getSnapshot(), events, provider, addresses], canaries)
  })

  it('that has a token', async () => {
    const canaries = plantCanaries()
    const clock = new VirtualClock()
    const accessToken = `made-up-access-${crypto.randomUUID()}`
    canaries.note('access token', accessToken)
    const granted = { access_token: accessToken, refresh_token: canaries.plant('next refresh token') }
    const { fetch } = tapFetch(async () => json(name === 'zerodha' ? { data: granted } : granted), canaries)
    const redirectUri = name === 'upstox' ? REDIRECT_URI : undefined
    const provider = oauth2({ ...presets[name], redirectUri, clock, fetch })
    const credentials = {
      clientId: CLIENT_ID,
      clientSecret: canaries.plant('client secret'),
      refreshToken: canaries.plant('refresh token'),
    }
    await using session = createSession({ provider, credentials, clock, store: memoryStore() })
    const events: SessionEvent[] = []
    session.events$.subscribe((event) => events.push(event))
    const token = await session.getToken()
    expect(token.value).toContain(accessToken)
    expectNoCanary([session, session.getSnapshot(), events, provider], canaries)
    expect(JSON.stringify(token)).not.toContain(accessToken)
  })
})
