import type { FetchFunction } from '../../src/http/fetch-function.ts'

/** A fetch that sends nothing. */
export interface ScriptedFetch {
  readonly fetch: FetchFunction
  /** What would have gone out, in order. */
  readonly sent: readonly Request[]
  /** The bodies of {@link ScriptedFetch.sent}, `''` where there was none. */
  readonly bodies: readonly string[]
}

type Reply = (request: Request, count: number) => Response | Promise<Response>

/** Answers each request with `reply`; it has been read to its end by then, and heeds its signal as fetch does. */
export function scriptedFetch(reply: Reply): ScriptedFetch {
  const sent: Request[] = []
  const bodies: string[] = []
  return {
    sent,
    bodies,
    async fetch(input, init) {
      const request = new Request(input, init)
      sent.push(request)
      const count = sent.length
      const index = bodies.push('') - 1
      bodies[index] = await request.text()
      request.signal.throwIfAborted()
      const aborted = new Promise<never>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error), { once: true })
      })
      return Promise.race([reply(request, count), aborted])
    },
  }
}

export function authorizations(sent: readonly Request[]): readonly (string | null)[] {
  return sent.map(({ headers }) => headers.get('authorization'))
}

/** JSON, with a status. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** A 401 as the API gives it (docs/protocol.md#api-errors). */
export function refusal(): Response {
  return json({ error: { code: 'unauthorized', message: 'The token is not valid.' } }, 401)
}

/** What nginx in front of the API gives. */
export function edgePage(status: 401 | 403): Response {
  const page = '<html><head><title>401 Authorization Required</title></head><body>nginx</body></html>'
  return new Response(page, { status, headers: { 'content-type': 'text/html' } })
}
