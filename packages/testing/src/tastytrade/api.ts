import { apiError, jsonAnswer } from './answers.ts'
import type { FakeGrant, Grants } from './grants.ts'
import { accounts, balances, customer, dryRun, positions, quoteToken } from './invented-data.ts'
import { randomHex, type RandomSource } from './invented-tokens.ts'
import type { ServerTime } from './server-time.ts'
import type { Visit } from './visit.ts'

/** A good access token came with the request; this is the grant behind it. */
type ApiHandler = (visit: Visit, grant: FakeGrant, accountNumber: string) => Response

export interface Api {
  readonly customer: ApiHandler
  readonly accounts: ApiHandler
  readonly balances: ApiHandler
  readonly positions: ApiHandler
  readonly quoteToken: ApiHandler
  readonly dryRun: ApiHandler
  /** How often each dry run came in, by its body. */
  readonly dryRuns: ReadonlyMap<string, number>
  /** Checks the bearer token, its scope, and whose account it is; then lets the handler answer. */
  authorize(visit: Visit, scope: 'read' | 'trade', handler: ApiHandler, accountNumber?: string): Response
  notFound(visit: Visit): Response
  resetCount(): void
}

const BEARER = /^Bearer +(\S+)$/i

export function createApi(time: ServerTime, grants: Grants, random: RandomSource): Api {
  const dryRuns = new Map<string, number>()

  function data({ url }: Visit, content: unknown, status = 200): Response {
    return jsonAnswer(status, { data: content, context: url.pathname })
  }

  function unauthorized(visit: Visit): Response {
    visit.line.note({ outcome: 'unauthorized' })
    return unauthorizedAnswer()
  }

  return {
    dryRuns,
    customer: (visit) => data(visit, customer()),
    accounts: (visit, grant) => data(visit, { items: accounts(grant) }),
    balances: (visit, _, number) => data(visit, balances(number, time.now())),
    positions: (visit, _, number) => data(visit, { items: positions(number, time.now()) }),
    quoteToken: (visit) => data(visit, quoteToken(randomHex(random, 64), time.now())),
    dryRun(visit, _, number) {
      const order = readOrder(visit.body)
      if (order === null) {
        visit.line.note({ outcome: 'invalid-request' })
        return apiError(422, 'validation_error', 'Request validation failed')
      }
      const body = visit.body ?? ''
      dryRuns.set(body, (dryRuns.get(body) ?? 0) + 1)
      return data(visit, dryRun(number, order), 201)
    },
    authorize(visit, scope, handler, accountNumber = '') {
      const value = BEARER.exec(visit.request.headers.get('authorization') ?? '')?.[1]
      const token = value === undefined ? undefined : grants.issued(value)
      if (token === undefined) return unauthorized(visit)
      visit.line.note({ generation: token.generation })
      if (!grants.isLive(token)) return unauthorized(visit)
      const { issued } = token.grant
      const owned = accountNumber === '' || issued.accountNumbers.includes(accountNumber)
      if (!owned || !token.scopes.includes(scope)) {
        visit.line.note({ outcome: 'not-permitted' })
        return notPermittedAnswer()
      }
      visit.line.note({ outcome: 'ok' })
      return handler(visit, issued, accountNumber)
    },
    notFound(visit) {
      visit.line.note({ outcome: 'not-found' })
      return apiError(404, 'not_found', 'Resource not found')
    },
    resetCount: () => dryRuns.clear(),
  }
}

/** What an access token gets that is unknown, expired or invalidated (docs/protocol.md#api-errors). */
export function unauthorizedAnswer(): Response {
  return apiError(401, 'unauthorized', 'The access token is invalid or has expired')
}

export function notPermittedAnswer(): Response {
  return apiError(403, 'not_permitted', 'User not permitted access')
}

function readOrder(body: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const order: unknown = JSON.parse(body ?? '')
    return typeof order === 'object' && order !== null && !Array.isArray(order) ? { ...order } : null
  } catch {
    return null
  }
}
