import { randomBytes } from 'node:crypto'
import type { Clock } from '@evergrant/core'
import type { Audit } from '../audit/audit-entry.ts'
import type { KeeperLimits } from '../keeper-options.ts'
import type { Principal } from '../keys/principal.ts'
import type { KeeperMetrics } from '../metrics/keeper-metrics.ts'
import { tooMany, type Authenticate } from './authenticate.ts'
import { callerAddress } from './caller-address.ts'
import { problemOf } from './problem-of.ts'
import { Problem, problemResponse } from './problem.ts'
import type { RateLimit } from './rate-limit.ts'
import { readBody, readQuery } from './read-input.ts'
import type { KeeperContext, Route } from './route.ts'
import { Visit } from './visit.ts'

export interface DeskParts {
  readonly clock: Clock
  readonly limits: KeeperLimits
  readonly authenticate: Authenticate
  /** Of requests with a good key, by its id. */
  readonly callers: RateLimit
  readonly metrics: KeeperMetrics
  readonly audit: Audit | undefined
  readonly draining: () => boolean
}

type Handler = (context: KeeperContext) => Response | Promise<Response>

/** What every request goes past: who asks, how often, what for, how long, and what is told of it afterwards. */
export interface Desk {
  serve(route: Route): Handler
  /** Resolves once no request is being answered (streams count until they begin), or `signal` aborts. */
  idle(signal: AbortSignal): Promise<void>
}

const DRAINING_PAUSE = 1_000

export function createDesk(parts: DeskParts): Desk {
  const { clock, limits, authenticate, callers, metrics, audit, draining } = parts
  // Tells the requests of replicas and restarts apart.
  const prefix = randomBytes(4).toString('hex')
  let requests = 0
  let busy = 0
  const waiting = new Set<() => void>()

  function end(visit: Visit, response: Response, problem: Problem | null): Response {
    const { context, route, meter, startedAt } = visit
    busy -= 1
    if (busy === 0) for (const idle of waiting) idle()
    meter.count(context.req.method, response.status, clock.monotonic() - startedAt)
    if (audit !== undefined && route.access !== 'open') takeDown(audit, visit, response.status, problem)
    return response
  }

  const requestId = ({ number }: Visit): string => `${prefix}-${number.toString(36)}`

  function fail(visit: Visit, error: unknown): Response {
    const now = clock.now()
    const problem = problemOf(error, now, visit.named ?? undefined)
    return end(visit, problemResponse(problem, requestId(visit), now), problem)
  }

  function takeDown(tell: Audit, visit: Visit, status: number, problem: Problem | null): void {
    try {
      tell({
        at: new Date(clock.now()).toISOString(),
        request_id: requestId(visit),
        key: visit.key,
        address: callerAddress(visit.context) || null,
        action: `${visit.context.req.method} ${visit.route.path}`,
        account: visit.named,
        status,
        problem: problem?.code ?? null,
      })
    } catch {
      metrics.auditFailed()
    }
  }

  function admit(visit: Visit, principal: Principal): void {
    visit.principal = principal
    const wait = callers.take(principal.id)
    if (wait > 0) throw tooMany(clock.now() + wait)
    const { access } = visit.route
    if (typeof access === 'string' || access.some((scope) => principal.scopes.has(scope))) return
    throw new Problem('scope-missing', { detail: `This takes a key with the scope ${access.join(' or ')}` })
  }

  /** Beyond the door: all that is asked of the request itself. */
  function answer(visit: Visit): Response | Promise<Response> {
    const { route, context } = visit
    if (route.access !== 'open' && draining()) {
      throw new Problem('draining', { retryAt: clock.now() + DRAINING_PAUSE, headers: { connection: 'close' } })
    }
    if (route.query !== undefined) visit.query = readQuery(route.query, context.req.raw.url)
    return route.body === undefined ? route.answer(visit) : answerBody(visit, route.body)
  }

  async function answerBody(visit: Visit, schema: NonNullable<Route['body']>): Promise<Response> {
    visit.body = await readBody(schema, visit.context.req.raw, limits.body)
    return visit.route.answer(visit)
  }

  async function lookUpAndAnswer(visit: Visit): Promise<Response> {
    admit(visit, await authenticate.lookUp(visit.context))
    return answer(visit)
  }

  /** Answers with a problem once the time is up; the work goes on as far as it does not heed the signal. */
  function inTime(visit: Visit, work: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      const alarm = clock.alarm(visit.startedAt + limits.requestTime, () => {
        const problem = new Problem(visit.route.timeout ?? 'wait-timeout', { account: visit.named ?? undefined })
        visit.giveUp(problem)
        reject(problem)
      })
      void work.then(resolve, reject).finally(() => alarm[Symbol.dispose]())
    })
  }

  async function finish(visit: Visit, work: Promise<Response>): Promise<Response> {
    try {
      return end(visit, await inTime(visit, work), null)
    } catch (error) {
      return fail(visit, error)
    }
  }

  /** At once where nothing has to be waited for. */
  function begin(visit: Visit): Response | Promise<Response> {
    const { route, context } = visit
    if (route.access !== 'open') {
      const principal = authenticate.atOnce(context)
      if (principal === null) return lookUpAndAnswer(visit)
      admit(visit, principal)
    }
    return answer(visit)
  }

  return {
    serve(route) {
      const meter = metrics.route(route.path)
      return (context) => {
        requests += 1
        busy += 1
        const visit = new Visit(context, route, meter, requests, clock.monotonic())
        try {
          const response = begin(visit)
          return response instanceof Promise ? finish(visit, response) : end(visit, response, null)
        } catch (error) {
          return fail(visit, error)
        }
      }
    },
    idle(signal) {
      if (busy === 0 || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done)
      })
    },
  }
}
