import { sealCredentials } from '@evergrant/core'
import { expectNoCanary, plantCanaries, tapFetch, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { oauth2, type OAuth2Options, type OAuth2Provider } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { json } from '../support/scripted-fetch.ts'
import { clientKey, dpopKey } from './rig.ts'

const ISSUER = 'https://auth.test'
const endpoints = {
  token: `${ISSUER}/token`,
  authorization: `${ISSUER}/authorize`,
  deviceAuthorization: `${ISSUER}/device`,
  revocation: `${ISSUER}/revoke`,
  introspection: `${ISSUER}/introspect`,
}
const DEVICE = { user_code: 'ABCD-EFGH', verification_uri: 'https://go.test/', interval: 1 }
const { signal } = new AbortController()

/** What came in, in all the forms that a server could repeat. */
async function everything(request: Request): Promise<string> {
  const body = await request.clone().text()
  const values = [...new URLSearchParams(body).values(), request.headers.get('authorization')?.split(' ')[1] ?? '']
  const basic = /^Basic (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  return [...values, ...(basic === undefined ? [] : [atob(basic)]), body, request.headers.get('dpop') ?? ''].join(' | ')
}

type Trouble = (request: Request) => Response | Promise<Response>

const troubles: Readonly<Record<string, Trouble>> = {
  'a refusal that repeats it': async (request) =>
    json({ error: 'invalid_request', error_description: await everything(request) }, 400),
  'a refusal whose code is it': async (request) => json({ error: (await everything(request)).slice(0, 150) }, 400),
  'an error page with it': async (request) => new Response(await everything(request), { status: 500 }),
  'a redirect that carries it': async (request) =>
    new Response(null, { status: 307, headers: { location: `${ISSUER}/?${await request.clone().text()}` } }),
  'a success that makes no sense': async (request) => json({ token: await everything(request) }),
  'a library that tells all': async (request) => {
    const sent = await everything(request)
    throw Object.assign(new Error(`Could not send ${sent}`, { cause: { request, sent } }), { code: sent, config: sent })
  },
}

const clients: Readonly<Record<string, (secret: string) => Promise<Partial<OAuth2Options>>>> = {
  'a secret in the header': async (clientSecret) => ({ clientSecret }),
  'a secret in the body': async (clientSecret) => ({ clientSecret, clientAuthentication: 'client_secret_post' }),
  'a signed assertion and proofs': async () => ({ privateKey: await clientKey(), dpop: await dpopKey() }),
}

interface Plants {
  readonly refreshToken: string
  readonly accessToken: string
  readonly code: string
  readonly clock: VirtualClock
}

/** Everything that sends something, up to its failure. */
const calls: Readonly<Record<string, (provider: OAuth2Provider, plants: Plants) => Promise<unknown>>> = {
  refresh: (provider, { refreshToken }) => provider.requestToken(sealCredentials({ refreshToken }), { signal }),
  revoke: async (provider, { refreshToken }) => provider.revoke?.(sealCredentials({ refreshToken }), { signal }),
  introspect: (provider, { accessToken }) => provider.introspect(accessToken),
  async login(provider, { code }) {
    const login = await provider.beginLogin({ redirectUri: 'http://localhost:8000' })
    const finished = login.finish(`/?${new URLSearchParams({ code, state: login.state, iss: ISSUER })}`)
    await failureOf(finished)
    return [await finished, login]
  },
  async 'device login'(provider, { clock }) {
    const login = await provider.beginDeviceLogin()
    const controller = new AbortController()
    const waiting = failureOf(login.wait({ signal: controller.signal }))
    await clock.advance(5_000)
    controller.abort(new Error('enough'))
    throw await waiting
  },
}

describe.each(Object.keys(clients))('P11 no secret leaves a client with %s', (client) => {
  it.each(Object.keys(troubles))('in %s', async (trouble) => {
    const canaries = plantCanaries()
    const clock = new VirtualClock()
    const answer: FetchFunction = async (input, init) => {
      const request = new Request(input, init)
      if (request.url === endpoints.deviceAuthorization) {
        return json({ ...DEVICE, device_code: canaries.plant('device code') })
      }
      return troubles[trouble]?.(request) ?? new Response()
    }
    const { fetch, requests } = tapFetch(answer, canaries)
    const options = await clients[client]?.(canaries.plant('client secret'))
    const provider = oauth2({ issuer: ISSUER, endpoints, clientId: 'made-up-client', clock, fetch, ...options })
    for (const [name, call] of Object.entries(calls)) {
      const plants = {
        clock,
        refreshToken: canaries.plant('refresh token'),
        accessToken: canaries.plant('access token'),
        code: canaries.plant('code'),
      }
      const before = requests.length
      const error = await failureOf(call(provider, plants))
      expect([name, requests.length]).toEqual([name, expect.toSatisfy((count: number) => count > before)])
      // Of an answer to a revocation only the status counts (RFC 7009 section 2.2).
      const succeeds = name === 'revoke' && trouble === 'a success that makes no sense'
      expect([name, error === null]).toEqual([name, succeeds])
      const addresses = requests.map(({ url }) => url)
      expectNoCanary([provider, error, addresses], canaries)
    }
  })
})
