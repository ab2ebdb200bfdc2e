import { edgePage, edgeRefuses, type Delivery } from './answers.ts'
import { stampDate } from './fault-play.ts'
import type { FaultScript, MetFault } from './fault-script.ts'
import type { LoginGuard } from './login-guard.ts'
import type { RefreshTokenUses } from './refresh-token-use.ts'
import type { RequestKind, RequestLog } from './request-log.ts'
import { silence, type ServerTime } from './server-time.ts'
import { carriesSecret, readTokenForm } from './token-form.ts'
import type { Arrival, Visit } from './visit.ts'

export interface ServerParts {
  readonly time: ServerTime
  readonly log: RequestLog
  readonly uses: RefreshTokenUses
  readonly guard: LoginGuard
  readonly script: FaultScript
  readonly userAgentRequired: boolean
  readonly routes: (visit: Visit) => Promise<Response>
  readonly playFault: (met: MetFault, visit: Visit) => Promise<Delivery>
}

const KINDS: Readonly<Record<string, RequestKind>> = { '/oauth/token': 'token', '/auth.html': 'authorize' }

/**
 * The way of every request, whichever door it came through: the address block, the edge in front, the scripted fault,
 * the routes. Rejects with the reason of `gone` when the client leaves before its answer.
 */
export function createServer(parts: ServerParts): (arrival: Arrival) => Promise<Delivery> {
  const { time, log, uses, guard, script, routes, playFault } = parts

  async function answer(visit: Omit<Visit, 'met'>): Promise<Delivery> {
    const { line, request, url } = visit
    if (guard.blocked) {
      line.park('blocked')
      return silence(visit.gone)
    }
    if (parts.userAgentRequired && edgeRefuses(request.headers.get('user-agent'))) {
      line.note({ outcome: 'edge-refused' })
      return edgePage(401)
    }
    const met = script.take(visit.kind, url.pathname)
    if (met === null) return routes({ ...visit, met })
    line.note({ fault: met.fault })
    return playFault(met, { ...visit, met })
  }

  return async (arrival) => {
    const { request, body } = arrival
    const url = new URL(request.url)
    const kind = KINDS[url.pathname] ?? 'api'
    const form = kind === 'token' ? readTokenForm(request.headers.get('content-type'), body) : null
    const line = log.arrive({
      method: request.method,
      path: url.pathname,
      kind,
      userAgent: request.headers.get('user-agent'),
      credential: request.headers.has('authorization') || carriesSecret(form),
    })
    const refreshToken = form?.get('refresh_token')
    const use = refreshToken === undefined ? undefined : uses.arrive(refreshToken)
    let status: number | null = null
    try {
      const delivery = await answer({ ...arrival, url, kind, form, line })
      if (delivery instanceof Response && !delivery.headers.has('date')) stampDate(delivery, time.now())
      status = delivery instanceof Response ? delivery.status : (delivery.head?.status ?? null)
      return delivery
    } finally {
      use?.()
      line.leave(status)
    }
  }
}
