import type { Io } from '../io.ts'
import { bounded } from './bounded.ts'

/**
 * What a request without any credential showed. `edge`: something in front of the server refused it
 * (docs/protocol.md#headers); `silent`: nothing came back in time; `failed`: no connection, by the name that the system
 * gives to it.
 */
export type Probe =
  | {
      readonly type: 'answered'
      readonly status: number
      readonly edge: boolean
      /** Ms by which the server is ahead of this machine; `null` where the answer does not tell. */
      readonly ahead: number | null
      /** Ms. */
      readonly took: number
    }
  | { readonly type: 'silent'; readonly waited: number }
  | { readonly type: 'failed'; readonly code: string }

/** Ms to wait for an answer. Healthy servers answer within a second. */
export const PROBE_LIMIT = 10_000
// Date has whole seconds, cut off: on average it is half a second late.
const DATE_CUT = 500
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{1,60}$/
/** How undici calls it when it gives up by itself. */
const TIMEOUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'])

/** Asks for a page with nothing of the account in the request. Rejects with an interrupt only. */
export async function probeServer(url: string | URL, userAgent: string, io: Io): Promise<Probe> {
  const fetch = io.fetch ?? globalThis.fetch
  const startedAt = io.clock.now()
  const started = io.clock.monotonic()
  try {
    const answer = await bounded(PROBE_LIMIT, io, async (signal) => {
      const headers = { accept: 'application/json', 'user-agent': userAgent }
      const response = await fetch(url, { headers, signal, redirect: 'manual', cache: 'no-store', credentials: 'omit' })
      response.body?.cancel().catch(() => undefined)
      return response
    })
    const took = Math.round(io.clock.monotonic() - started)
    if (answer.type === 'late') return { type: 'silent', waited: took }
    const { status, headers } = answer.value
    return {
      type: 'answered',
      status,
      edge: isFromEdge(answer.value),
      ahead: aheadBy(headers, startedAt + took / 2),
      took,
    }
  } catch (error) {
    io.interrupts.signal.throwIfAborted()
    const code = systemCode(error)
    return TIMEOUTS.has(code)
      ? { type: 'silent', waited: Math.round(io.clock.monotonic() - started) }
      : { type: 'failed', code }
  }
}

/** A server of an API refuses in JSON; what stands in front of it, with a page or with nothing. */
function isFromEdge({ status, headers }: Response): boolean {
  if (status !== 401 && status !== 403) return false
  return !(headers.get('content-type') ?? '').includes('json')
}

/** A cache says when it got the answer, not what time it is now. */
function aheadBy(headers: Headers, now: number): number | null {
  const date = headers.has('age') ? Number.NaN : Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? null : Math.round(date + DATE_CUT - now)
}

/** `ENOTFOUND` and its like, from wherever in the chain of causes it stands; else the name of the error. */
function systemCode(error: unknown): string {
  let name = 'unknown'
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code } = one as { code?: unknown }
    if (typeof code === 'string' && SYSTEM_CODE.test(code)) return code
    ;({ name } = one)
  }
  return name
}
