import type { VirtualClock } from '@evergrant/testing'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

/** As they look there: who takes them in a header takes them as they are, and makes them of letters and digits. */
const CLIENTS = {
  basic: { clientId: 'MadeUpClient0', clientSecret: 'MadeUpSecret0' },
  body: { clientId: 'made-up.client', clientSecret: 'made+up/secret~0' },
} as const

/** What the documentation of a provider says of its token endpoint. */
export interface Documented {
  readonly token: string
  readonly authentication: 'basic' | 'body'
  /** Seconds. */
  readonly lifetime: number
  readonly rotation: 'none' | 'old one lives on' | 'old one dies'
  /** Seconds; `null` for ever. */
  readonly refreshLifetime: number | null
  readonly from: 'login' | 'issue' | 'use' | null
  /** The answer to a refresh token that is dead. */
  readonly dead: () => Response
  readonly wrongClient: () => Response
  /** Ends the access tokens before it too, as GitHub does. */
  readonly oneAtATime?: boolean
}

/** The token endpoint of a provider as it is documented, on the time of the clock. A person has just logged in. */
export function createFake(clock: VirtualClock, documented: Documented) {
  const { refreshLifetime, rotation, from, lifetime } = documented
  const client = CLIENTS[documented.authentication]
  const life = (seconds: number | null) => (seconds === null ? Infinity : clock.time + seconds * 1_000)
  const deadline = from === 'login' ? life(refreshLifetime) : Infinity
  const refreshTokens = new Map<string, number>()
  let accessTokens = new Map<string, number>()
  const requests: { readonly url: string; readonly status: number }[] = []

  function issue(): string {
    const refreshToken = `made-up-refresh-${refreshTokens.size}`
    refreshTokens.set(refreshToken, Math.min(deadline, life(refreshLifetime)))
    return refreshToken
  }

  function answer(request: Request, body: URLSearchParams): Response {
    const basic = `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}`
    const inBody = body.get('client_id') === client.clientId && body.get('client_secret') === client.clientSecret
    const known = documented.authentication === 'basic' ? request.headers.get('authorization') === basic : inBody
    if (!known) return documented.wrongClient()
    const spent = body.get('refresh_token') ?? ''
    if (body.get('grant_type') !== 'refresh_token' || (refreshTokens.get(spent) ?? 0) <= clock.time)
      return documented.dead()
    if (from === 'use') refreshTokens.set(spent, life(refreshLifetime))
    if (rotation === 'old one dies') refreshTokens.set(spent, 0)
    if (documented.oneAtATime === true) accessTokens = new Map()
    const accessToken = `made-up-access-${requests.length}`
    accessTokens.set(accessToken, life(lifetime))
    const next = rotation === 'none' ? {} : { refresh_token: issue() }
    return json({ access_token: accessToken, token_type: 'bearer', expires_in: lifetime, ...next })
  }

  const server = scriptedFetch((request) => {
    if (request.url !== documented.token || request.method !== 'POST') return json({}, 404)
    // GitHub answers others with a form.
    if (request.headers.get('accept') !== 'application/json') return new Response('error=not_json')
    const reply = answer(request, new URLSearchParams(server.bodies.at(-1)))
    requests.push({ url: request.url, status: reply.status })
    return reply
  })
  return {
    requests: requests as readonly { readonly url: string; readonly status: number }[],
    fetch: server.fetch,
    credentials: { ...client, refreshToken: issue() },
    knows: (value: string) => (accessTokens.get(value) ?? 0) > clock.time,
  }
}
