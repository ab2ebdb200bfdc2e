import type { VirtualClock } from '@evergrant/testing'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

const DAY = 86_400_000
export const LOGIN = 'made-up-user'
export const PASSWORD = 'made+up/pass word'
const SUPPORT = 'Unique customer support identifier: 00c0ffee'

/** One POST to the fake, with the kind of proof in it. */
interface LoggedLogin {
  readonly path: string
  readonly proof: 'password' | 'remember-token' | 'none'
  readonly status: number
}

/**
 * `/sessions` as in docs/protocol.md#password-logins, on the time of the clock: remember tokens are good for one login.
 */
export function createFakeSessions(clock: VirtualClock) {
  const living = new Map<string, number>()
  let remembered = new Set<string>()
  const log: LoggedLogin[] = []
  let counter = 0

  const fake = {
    log: log as readonly LoggedLogin[],
    password: PASSWORD,
    /** Ms for which a session lives. */
    lifetime: DAY,
    /** The code of a device that it does not know; `null` where it knows all. */
    challenge: null as string | null,
    /** The code of the app; `null` for an account without. */
    app: null as string | null,
    /** In place of what `/sessions` answers. */
    instead: null as (() => Response) | null,
    /** Makes every remember token useless. */
    forget: () => {
      remembered = new Set()
    },
    /** The session token lives, and comes without a scheme. */
    knows: (authorization: string) => (living.get(authorization) ?? 0) > clock.time,
    fetch: scriptedFetch(async (request) => {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET') return json({}, 404)
      const fields = JSON.parse(bodies()) as Record<string, unknown>
      const answer =
        pathname === '/device-challenge' ? challengeSent(request.headers) : session(fields, request.headers)
      const proof = 'password' in fields ? 'password' : 'remember-token' in fields ? 'remember-token' : 'none'
      log.push({ path: pathname, proof, status: answer.status })
      return answer
    }),
  }

  function bodies(): string {
    return fake.fetch.bodies.at(-1) ?? ''
  }

  function challengeSent(headers: Headers): Response {
    return headers.get('x-tastyworks-challenge-token') === 'made-up-challenge' ? json({}) : refused()
  }

  function session(fields: Record<string, unknown>, headers: Headers): Response {
    if (fake.instead !== null) return fake.instead()
    const remember = fields['remember-token']
    const good =
      fields['login'] === LOGIN &&
      (typeof remember === 'string' ? remembered.has(remember) : fields['password'] === fake.password)
    if (!good) return refused()
    const code = headers.get('x-tastyworks-otp')
    if (fake.app !== null && remember === undefined && code !== fake.app) return refused()
    if (fake.challenge !== null && code !== fake.challenge) {
      return code === null ? challenge() : refused()
    }
    if (typeof remember === 'string') remembered.delete(remember)
    counter += 1
    const token = `made-up-session+${counter}`
    living.set(token, clock.time + fake.lifetime)
    const next = `made-up-remember/${counter}`
    if (fields['remember-me'] === true) remembered.add(next)
    const data = {
      user: { email: 'ada@example.com', username: LOGIN, 'external-id': 'U0', 'is-confirmed': true },
      'session-token': token,
      ...(fields['remember-me'] === true ? { 'remember-token': next } : {}),
      'session-expiration': new Date(clock.time + fake.lifetime).toISOString(),
    }
    return json({ data, context: '/sessions' }, 201, { date: new Date(clock.time).toUTCString() })
  }

  return fake
}

function refused(): Response {
  const message = `Invalid login, please check your username and password. ${SUPPORT}`
  return json({ error: { code: 'invalid_credentials', message } }, 401)
}

function challenge(): Response {
  return json({ error: { code: 'device_challenge_required', message: 'Device challenge required' } }, 403, {
    'x-tastyworks-challenge-token': 'made-up-challenge',
  })
}
