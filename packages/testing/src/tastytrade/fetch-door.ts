import type { PartialAnswer, Delivery } from './answers.ts'
import { silence } from './server-time.ts'
import type { Arrival } from './visit.ts'

/** A function like the global `fetch`. */
export type FakeFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

const LONGEST_CHAIN = 20
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * The fake as a `fetch`, for any host: only the path counts. It heeds the signal, follows redirects unless told not to,
 * and fails as `fetch` does: with the reason of the signal, or with a `TypeError` when the connection breaks.
 */
export function createFetchDoor(serve: (arrival: Arrival) => Promise<Delivery>): FakeFetch {
  // What a socket does for a real request. With nothing but its own promise to hold it, a request that is never answered
  // would be collected as garbage, and the abort of its signal with it: it would stay open for ever.
  const open = new Set<object>()

  async function deliver(first: Request, body: string | null, gone: AbortSignal, signal: AbortSignal) {
    let request = first
    for (let hop = 0; hop <= LONGEST_CHAIN; hop += 1) {
      const delivery = await serve({ request, body: hasBody(request) ? body : null, gone })
      const response = delivery instanceof Response ? delivery : partialResponse(delivery, signal)
      const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null
      if (location === null || first.redirect === 'manual') return seenFrom(response, request.url, hop > 0)
      if (first.redirect === 'error') throw networkError('unexpected redirect', 'UND_ERR_REDIRECT')
      request = redirected(request, new URL(location, request.url), response.status)
    }
    throw networkError('redirect count exceeded', 'UND_ERR_REDIRECT')
  }

  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    // The signal is heeded here; a Request that followed it too would only pile up listeners on it.
    const request = new Request(input, { ...init, signal: null })
    const body = request.body === null ? null : await request.text()
    const leave = new AbortController()
    if (signal === undefined) return deliver(request, body, leave.signal, leave.signal)
    const abort = (): void => leave.abort(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', abort, { once: true })
    const held = { input, signal }
    open.add(held)
    try {
      return await Promise.race([deliver(request, body, leave.signal, signal), silence(leave.signal)])
    } finally {
      open.delete(held)
      signal.removeEventListener('abort', abort)
    }
  }
}

function hasBody({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

// RFC 9110 section 15.4: 307 and 308 repeat the request as it was; the others become a GET.
function redirected(request: Request, location: URL, status: number): Request {
  const keeps = status === 307 || status === 308 || !hasBody(request)
  const headers = new Headers(request.headers)
  if (location.origin !== new URL(request.url).origin) headers.delete('authorization')
  if (!keeps) headers.delete('content-type')
  return new Request(location, { method: keeps ? request.method : 'GET', headers })
}

// What a made Response does not have, and one that came over a network has.
function seenFrom(response: Response, url: string, redirected: boolean): Response {
  Object.defineProperty(response, 'url', { value: url, configurable: true })
  if (redirected) Object.defineProperty(response, 'redirected', { value: true, configurable: true })
  return response
}

// The signal itself, since the wait for the rest of a body goes on after `fetch` has given its response.
function partialResponse({ ends, head }: PartialAnswer, signal: AbortSignal): Response {
  if (head === undefined) throw networkError('read ECONNRESET', 'ECONNRESET')
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(head.sent)),
    pull(controller) {
      if (ends === 'stalls') return silence(signal)
      controller.error(withCause('terminated', 'other side closed', 'UND_ERR_SOCKET'))
      return undefined
    },
  })
  return new Response(stream, { status: head.status, headers: head.headers })
}

function networkError(message: string, code: string): TypeError {
  return withCause('fetch failed', message, code)
}

function withCause(message: string, cause: string, code: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error(cause), { code }) })
}
