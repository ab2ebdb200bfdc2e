import type { VirtualClock } from '@evergrant/testing'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

/** As they look there: who takes them in a header takes them as they are, and makes them of letters and digits. */
const CLIENTS = {
  basic: { clientId: 'MadeUpClient0', clientSecret: 'MadeUpSecret0' },
  body: { clientId: 'made-up.client', clientSecret: 'made+up/secret~0' },
  none: {},
} as const

/** What the documentation of a provider says of its token endpoint. */
export interface Documented {
  readonly token: string
  readonly authentication: keyof typeof CLIENTS
  /** Seconds. */
  readonly lifetime: number
  readonly rotation: 'none' | 'old one lives on' | 'old one dies'
  /** Seconds; `null` for ever. */
  readonly refreshLifetime: number | null
  readonly from: 'login' | 'issue' | 'use' | null
  /** Says with each token how much of that is left. */
  readonly tellsRefreshLifetime?: boolean
  /** What else comes with the token of a request, by the number of the request. */
  readonly extra?: (count: number) => object
  /** The answer to a refresh token that is dead. */
  readonly dead: () => Response
  readonly wrongClient: () => Response
  /** Ends the access tokens before it too, as GitHub does. */
  readonly oneAtATime?: boolean
}

/** The token endpoint of a provider as it is documented, on the time of the clock. A person has just logged in. */
export function createFake(clock: VirtualClock, documented: Documented) {
  const { refreshLifetime, rotation, from, lifetime } = documented
  const client: { readonly clientId?: string; readonly clientSecret?: string } = CLIENTS[documented.authentication]
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

  function isKnown({ headers }: Request, body: URLSearchParams): boolean {
    const { clientId, clientSecret } = client
    if (documented.authentication === 'none') return [...body.keys()].join(' ') === 'grant_type refresh_token'
    if (documented.authentication === 'body') {
      return body.get('client_id') === clientId && body.get('client_secret') === clientSecret
    }
    return headers.get('authorization') === `Basic ${btoa(`${clientId}:${clientSecret}`)}`
  }

  function answer(request: Request, body: URLSearchParams): Response {
    if (!isKnown(request, body)) return documented.wrongClient()
    const spent = body.get('refresh_token') ?? ''
    if (body.get('grant_type') !== 'refresh_token' || (refreshTokens.get(spent) ?? 0) <= clock.time)
      return documented.dead()
    if (from === 'use') refreshTokens.set(spent, life(refreshLifetime))
    if (rotation === 'old one dies') refreshTokens.set(spent, 0)
    if (documented.oneAtATime === true) accessTokens = new Map()
    const accessToken = `made-up-access-${requests.length}`
    accessTokens.set(accessToken, life(lifetime))
    const next = rotation === 'none' ? {} : { refresh_token: issue() }
    const end = refreshTokens.get(next.refresh_token ?? spent) ?? 0
    const told = { refresh_token_expires_in: Math.floor((end - clock.time) / 1_000) }
    return json({
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: lifetime,
      ...next,
      ...(documented.tellsRefreshLifetime === true ? told : {}),
      ...documented.extra?.(requests.length),
    })
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
