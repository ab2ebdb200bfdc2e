import type { Clock, PoolEvent, SessionEvent, SessionStatus } from '@evergrant/core'
import type { Accounts } from '../../accounts/accounts.ts'
import type { KeyCache } from '../../keys/key-cache.ts'
import { mayUse, type Principal } from '../../keys/principal.ts'
import type { KeeperMetrics } from '../../metrics/keeper-metrics.ts'
import { createEventStream, type EventStream } from '../event-stream.ts'
import { isoTime } from '../json-answer.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import { accountQuery } from '../schemas.ts'
import { reportView, statusView } from '../status-view.ts'

export interface EventsRouteParts {
  readonly accounts: Accounts
  readonly keys: KeyCache
  readonly clock: Clock
  readonly metrics: KeeperMetrics
  readonly mostStreams: number
}

export interface EventsRoute {
  readonly route: Route
  /** Ends all streams: callers come back to another replica. */
  end(): void
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // nginx would else keep events until it has many.
  'x-accel-buffering': 'no',
} as const
const COME_BACK = 5_000

/** What happens to accounts, as it happens. */
export function eventsRoute({ accounts, keys, clock, metrics, mostStreams }: EventsRouteParts): EventsRoute {
  const open = new Set<EventStream>()

  /** The present state of the account. Following it keeps it awake, and starts nothing that was not under way. */
  async function presentView(account: string): Promise<object> {
    const status = accounts.awake(account)
    if (status !== null) return statusView(account, status)
    const report = await accounts.report(account)
    if (report.credentials && !report.signedOut) return reportView(report)
    throw new Problem('account-unknown', { account })
  }

  function openStream(principal: Principal, follow: (stream: EventStream) => Disposable): Response {
    if (open.size >= mostStreams) throw new Problem('too-many-streams', { retryAt: clock.now() + COME_BACK })
    const ends: Disposable[] = []
    const stream = createEventStream({
      clock,
      onPulse() {
        if (principal.expiresAt <= clock.now()) stream.end()
        else keys.confirm(principal.id)
      },
      onEnd() {
        open.delete(stream)
        metrics.streams(-1)
        for (const end of ends) end[Symbol.dispose]()
      },
    })
    open.add(stream)
    metrics.streams(1)
    ends.push(
      keys.onEnd(principal.id, () => stream.end()),
      follow(stream),
    )
    return new Response(stream.body, { headers: HEADERS })
  }

  function follow(wanted: (account: string) => boolean) {
    return (stream: EventStream): Disposable => {
      const following = accounts.events$.subscribe({
        next: ({ account, event }) => {
          const view = wanted(account) ? eventView({ account, event }, accounts.awake(account)) : null
          if (view !== null) stream.send({ event: event.type, data: view })
        },
        complete: () => stream.end(),
      })
      return { [Symbol.dispose]: () => following.unsubscribe() }
    }
  }

  const route = defineRoute({
    method: 'get',
    path: '/api/v1/events',
    access: 'any',
    summary: 'Server-sent events: how an account stands, then what happens to it',
    description:
      'With `account` the first event is `status`, and the account stays awake meanwhile. Without it, a `status` of each that is awake and ' +
      'that the key may use. Ends when the key does, when the caller does not read, and when this replica goes down.',
    query: accountQuery,
    answers: { 200: { description: 'The stream', type: 'text/event-stream' } },
    async answer(call) {
      const { query, principal, context } = call
      // Nobody would read the stream, and nobody end it.
      if (context.req.method === 'HEAD') return new Response(null, { headers: HEADERS })
      if (query.account === undefined && principal.only === null) {
        const wanted = (name: string) => mayUse(principal, name)
        const response = openStream(principal, (stream) => {
          for (const name of accounts.awakeNames.filter((one) => wanted(one))) {
            const status = accounts.awake(name)
            if (status !== null) stream.send({ event: 'status', data: statusView(name, status) })
          }
          return follow(wanted)(stream)
        })
        return leavingEnds(response, context.req.raw.signal)
      }
      const name = call.account(query.account)
      const present = await presentView(name)
      const response = openStream(principal, (stream) => {
        stream.send({ event: 'status', data: present })
        const held = accounts.session(name).subscribe(() => undefined)
        const following = follow((one) => one === name)(stream)
        return {
          [Symbol.dispose]() {
            following[Symbol.dispose]()
            held()
          },
        }
      })
      return leavingEnds(response, context.req.raw.signal)
    },
  })

  return {
    route,
    end() {
      for (const stream of open) stream.end()
    },
  }
}

/** A caller who left before anything was read. */
function leavingEnds(response: Response, signal: AbortSignal): Response {
  const leave = () => void response.body?.cancel().catch(() => undefined)
  if (signal.aborted) leave()
  return response
}

/** What is told of an event, or `null` for those that are of no use outside. */
function eventView({ account, event }: PoolEvent, status: SessionStatus | null): object | null {
  const view = viewOf(event)
  if (view === null) return null
  const expires_at = isoTime(status?.expiresAt ?? null)
  const generation = status?.generation ?? 0
  return { account, at: isoTime(event.at), ...view, generation, expires_at }
}

function viewOf(event: SessionEvent): object | null {
  switch (event.type) {
    case 'state-changed':
      return { from: event.from, to: event.to, reason: event.reason }
    case 'refresh-ended':
      return { outcome: event.outcome, code: event.code, took_ms: Math.round(event.took) }
    case 'refresh-started':
      return { attempt: event.attempt }
    case 'credentials-changed':
      return {}
    case 'reauthentication-due':
      return { deadline: isoTime(event.deadline) }
    case 'token-rejected':
      return { rejected: event.generation }
    case 'login-budget':
      return { left: event.left, limit: event.limit }
    case 'probed':
      return { reachable: event.reachable }
    case 'exchange-step':
    case 'listener-failed':
    case 'store-failed':
      return null
  }
}
