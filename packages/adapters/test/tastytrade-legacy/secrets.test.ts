import { sealCredentials } from '@evergrant/core'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { tastytradeLegacy } from '../../src/tastytrade-legacy.ts'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

const canaries = plantCanaries()
const PASSWORD = canaries.plant('password')
const REMEMBER_TOKEN = canaries.plant('remember token')
const SESSION_TOKEN = canaries.plant('session token')
const CODE = canaries.plant('code')
const CHALLENGE = canaries.plant('challenge')
const CREDENTIALS = sealCredentials({ clientId: 'ada', clientSecret: PASSWORD, refreshToken: REMEMBER_TOKEN })

const answering = (response: () => Response): FetchFunction => scriptedFetch(response).fetch
const echo = `${PASSWORD} ${btoa(REMEMBER_TOKEN)} ${CODE} ${CHALLENGE}`
const challenge = () =>
  json({ error: { code: 'device_challenge_required' } }, 403, { 'x-tastyworks-challenge-token': CHALLENGE })

const failures: Readonly<Record<string, FetchFunction>> = {
  'a refusal that repeats what was sent': answering(() =>
    json({ error: { code: 'invalid_credentials', message: `${PASSWORD} ${REMEMBER_TOKEN}` } }, 401),
  ),
  'a server that repeats what was sent': answering(() => json({ error: { message: REMEMBER_TOKEN } }, 500)),
  'a retirement that repeats what was sent': answering(() => json({ error: { message: REMEMBER_TOKEN } }, 410)),
  'a challenge refused with what was sent': scriptedFetch((_, count) =>
    count === 1 ? challenge() : json({ error: { message: CHALLENGE } }, 400),
  ).fetch,
  'a challenge that repeats itself': scriptedFetch((_, count) => {
    if (count > 1) return json({})
    const error = { code: 'device_challenge_required', message: `${CHALLENGE} ${PASSWORD}` }
    return json({ error }, 403, { 'x-tastyworks-challenge-token': CHALLENGE })
  }).fetch,
  'a code refused with what was sent': scriptedFetch((_, count) => {
    if (count === 1) return challenge()
    return count === 2 ? json({}) : json({ error: { code: CODE, message: echo.replace(PASSWORD, '') } }, 401)
  }).fetch,
  'half a session': answering(() => new Response(`{"data":{"session-token":"${SESSION_TOKEN}"`)),
  'a session with a line break': answering(() => json({ data: { 'session-token': `${SESSION_TOKEN}\n` } }, 201)),
  'a dropped connection': () => Promise.reject(new TypeError('fetch failed')),
  'a library that tells all': async (input, init) => {
    const request = new Request(input, init)
    const sent = await request.clone().text()
    throw Object.assign(new Error(`Could not send ${sent}`, { cause: { request, sent } }), { code: sent })
  },
}

describe('P11 no secret leaves in what the provider throws', () => {
  it.for(Object.entries(failures))('P11 %s', async ([name, fetch]) => {
    const code = name === 'a challenge that repeats itself' ? '' : CODE
    const provider = tastytradeLegacy({ fetch, secondFactor: async () => code })
    const { signal } = new AbortController()
    const error: unknown = await provider.requestToken(CREDENTIALS, { signal }).catch((thrown: unknown) => thrown)
    expect(error).toHaveProperty('code', 'token-request-failed')
    expectNoCanary(error, canaries)
    expectNoCanary(provider, canaries)
  })
})
