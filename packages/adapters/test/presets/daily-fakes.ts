import { createHash } from 'node:crypto'
import type { VirtualClock } from '@evergrant/testing'
import { json, scriptedFetch } from '../support/scripted-fetch.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

export const REDIRECT_URI = 'https://bot.example.com/callback'
export const CLIENT = { clientId: 'MadeUpKey0', clientSecret: 'made-up-api-secret' } as const

/** What the documentation of a server says that gives one token for each login. */
interface Daily {
  readonly token: string
  /** Ms after midnight in UTC at which tokens die: India has no summer time. */
  readonly diesAt: number
  /** What is wrong with a request, or `null`. */
  readonly refuse: (request: Request, form: URLSearchParams) => Response | null
  /** The code that a request spends. */
  readonly codeOf: (form: URLSearchParams) => string
  /** Whether a refusal spends it too. */
  readonly spendsOnRefusal: boolean
  readonly spent: () => Response
  readonly granted: (accessToken: string) => object
  /** What its API wants in the header. */
  readonly authorization: (accessToken: string) => string
  readonly dead: () => Response
}

const upstoxError = (code: string, message: string) =>
  json(
    {
      status: 'error',
      errors: [{ errorCode: code, message, propertyPath: null, invalidValue: null, error_code: code }],
    },
    401,
  )
const kiteError = (type: string, message: string, status = 403) =>
  json({ status: 'error', message, data: null, error_type: type }, status)

export const UPSTOX: Daily = {
  token: 'https://api.upstox.com/v2/login/authorization/token',
  diesAt: 22 * 60 * MINUTE,
  refuse: (_request, form) => {
    if ([...form.keys()].toSorted().join(' ') !== 'client_id client_secret code grant_type redirect_uri') {
      return upstoxError('UDAPI100036', 'Invalid Input')
    }
    if (form.get('grant_type') !== 'authorization_code') return upstoxError('UDAPI100038', 'Invalid input')
    if (form.get('client_id') !== CLIENT.clientId || form.get('redirect_uri') !== REDIRECT_URI) {
      return upstoxError('UDAPI100068', "Check your 'client_id' and 'redirect_uri'; one or both are incorrect.")
    }
    if (form.get('client_secret') === CLIENT.clientSecret) return null
    return upstoxError('UDAPI100069', "Check your 'client_id' and 'client_secret'; one or both are incorrect.")
  },
  codeOf: (form) => form.get('code') ?? '',
  spendsOnRefusal: true,
  spent: () => upstoxError('UDAPI100057', 'Invalid Auth code'),
  granted: (accessToken) => ({
    email: 'ada@example.com',
    exchanges: ['NSE', 'BSE'],
    broker: 'UPSTOX',
    user_id: 'AA0000',
    is_active: true,
    access_token: accessToken,
    extended_token: 'made-up-extended-token',
  }),
  authorization: (accessToken) => `Bearer ${accessToken}`,
  dead: () => upstoxError('UDAPI100050', 'Invalid token used to access API'),
}

export const ZERODHA: Daily = {
  token: 'https://api.kite.trade/session/token',
  diesAt: 30 * MINUTE,
  refuse: ({ headers }, form) => {
    const [key, requestToken] = [form.get('api_key'), form.get('request_token')]
    if (headers.get('x-kite-version') !== '3' || [...form.keys()].length !== 3 || requestToken === null) {
      return kiteError('InputException', 'Missing `request_token`.', 400)
    }
    if (key !== CLIENT.clientId) return kiteError('InputException', 'Invalid `api_key`.', 400)
    const checksum = createHash('sha256').update(`${key}${requestToken}${CLIENT.clientSecret}`).digest('hex')
    return form.get('checksum') === checksum ? null : kiteError('TokenException', 'Invalid `checksum`.')
  },
  codeOf: (form) => form.get('request_token') ?? '',
  spendsOnRefusal: false,
  spent: () => kiteError('TokenException', 'Token is invalid or has expired.'),
  granted: (accessToken) => ({
    status: 'success',
    data: {
      user_id: 'AA0000',
      broker: 'ZERODHA',
      api_key: CLIENT.clientId,
      access_token: accessToken,
      public_token: 'made-up-public-token',
      refresh_token: '',
      login_time: '2026-11-18 09:00:00',
    },
  }),
  authorization: (accessToken) => `token ${CLIENT.clientId}:${accessToken}`,
  dead: () => kiteError('TokenException', 'Incorrect `api_key` or `access_token`.'),
}

/** Its token endpoint, and one address of its API, on the time of the clock. */
export function createDailyFake(clock: VirtualClock, documented: Daily) {
  const codes = new Map<string, number>()
  const alive = new Map<string, number>()
  const statuses: number[] = []
  let trouble: (() => Response | Promise<Response>) | null = null

  function exchange(request: Request, form: URLSearchParams): Response {
    const code = documented.codeOf(form)
    const good = (codes.get(code) ?? 0) > clock.time
    const refusal = documented.refuse(request, form)
    if (refusal === null || documented.spendsOnRefusal) codes.delete(code)
    if (refusal !== null) return refusal
    if (!good) return documented.spent()
    const accessToken = `made-up-access-${alive.size}`
    const { diesAt } = documented
    alive.set(documented.authorization(accessToken), (Math.floor((clock.time - diesAt) / DAY) + 1) * DAY + diesAt)
    return json(documented.granted(accessToken))
  }

  const server = scriptedFetch(async (request) => {
    if (request.url !== documented.token) {
      const good = (alive.get(request.headers.get('authorization') ?? '') ?? 0) > clock.time
      return good ? json({ status: 'success' }) : documented.dead()
    }
    const reply = exchange(request, new URLSearchParams(server.bodies.at(-1)))
    const answer = (await trouble?.()) ?? reply
    statuses.push(answer.status)
    answer.headers.set('date', new Date(clock.time).toUTCString())
    return answer
  })

  return {
    /** The statuses of the token requests that were answered. */
    statuses: statuses as readonly number[],
    sent: server.sent,
    bodies: server.bodies,
    fetch: server.fetch,
    /** A person logs in; the code is good for five minutes. */
    login(): string {
      const code = `made-up-code-${codes.size + statuses.length}`
      codes.set(code, clock.time + 5 * MINUTE)
      return code
    },
    /** In place of the answer, though the request is done. */
    set trouble(next: (() => Response | Promise<Response>) | null) {
      trouble = next
    },
  }
}
