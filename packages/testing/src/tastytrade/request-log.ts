import type { TastytradeFault } from './faults.ts'
import type { ServerTime } from './server-time.ts'

/** Which part of the server a request is for. Whatever is neither the token endpoint nor the page is `api`. */
export type RequestKind = 'token' | 'api' | 'authorize'

/** What became of a request, as the server saw it; an answer may still have been lost on its way. */
export type RequestOutcome =
  | 'in-flight'
  // Token endpoint.
  | 'granted'
  | 'grant-revoked'
  | 'invalid-jwt'
  | 'invalid-code'
  | 'token-reused'
  | 'client-secret-mismatch'
  | 'client-unknown'
  | 'illegal-authorization-header'
  | 'invalid-request'
  | 'invalid-scope'
  | 'unsupported-grant-type'
  // API.
  | 'ok'
  | 'unauthorized'
  | 'not-permitted'
  | 'not-found'
  // The page on which a person approves.
  | 'asked'
  | 'approved'
  | 'denied'
  // In front of all of them, and faults.
  | 'edge-refused'
  | 'rate-limited'
  | 'server-error'
  | 'redirected'
  | 'unreadable'
  | 'reset'
  | 'never-answered'
  | 'blocked'
  | 'aborted'

/** One request. Frozen, and free of secrets. */
export interface RecordedRequest {
  /** When it arrived: epoch ms, true time. */
  readonly at: number
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly kind: RequestKind
  /** `null` while it has no answer, and for ever if it got none. */
  readonly status: number | null
  readonly outcome: RequestOutcome
  /** The scripted fault that it met. */
  readonly fault: TastytradeFault | null
  /** Of the access token that it used or brought, counted per grant from 1. */
  readonly generation: number | null
  readonly userAgent: string | null
  /** Whether it carried any secret: an Authorization header, a refresh token, a code, a client secret. */
  readonly credential: boolean
}

/** Equal in every member that is given. */
export type RequestFilter = Partial<Omit<RecordedRequest, 'at'>>

/** A request under way. */
export interface LogLine {
  note(facts: Partial<Pick<RecordedRequest, 'outcome' | 'generation' | 'fault'>>): void
  /** It will never be answered; it stays open until the client leaves. */
  park(outcome: RequestOutcome): void
  leave(status: number | null): void
}

export interface RequestLog {
  readonly requests: readonly RecordedRequest[]
  readonly tokenRequests: number
  readonly open: number
  readonly peakOpen: number
  count(filter?: RequestFilter): number
  arrive(request: Omit<RecordedRequest, 'at' | 'status' | 'outcome' | 'fault' | 'generation'>): LogLine
  /** Forgets what has been; requests in flight stay open. */
  reset(): void
  onRequest(listener: (request: RecordedRequest) => void): Disposable
}

export function createRequestLog(time: ServerTime): RequestLog {
  const listeners = new Set<(request: RecordedRequest) => void>()
  let lines: { entry: RecordedRequest }[] = []
  let shown: readonly RecordedRequest[] | null = null
  let tokenRequests = 0
  let open = 0
  let peakOpen = 0

  function tell(entry: RecordedRequest): void {
    for (const listener of listeners) {
      try {
        listener(entry)
      } catch (error) {
        // A listener must not change what the server answers.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  function requests(): readonly RecordedRequest[] {
    return (shown ??= Object.freeze(lines.map((line) => line.entry)))
  }

  return {
    get requests() {
      return requests()
    },
    get tokenRequests() {
      return tokenRequests
    },
    get open() {
      return open
    },
    get peakOpen() {
      return peakOpen
    },
    count(filter = {}) {
      const wanted = Object.entries(filter) as [keyof RecordedRequest, unknown][]
      return lines.filter(({ entry }) => wanted.every(([name, value]) => entry[name] === value)).length
    },
    arrive(request) {
      const first = { at: time.now(), status: null, outcome: 'in-flight', fault: null, generation: null } as const
      const line = { entry: Object.freeze({ ...request, ...first }) as RecordedRequest }
      let told = false
      lines.push(line)
      shown = null
      if (request.kind === 'token') tokenRequests += 1
      open += 1
      peakOpen = Math.max(peakOpen, open)

      function change(facts: Partial<RecordedRequest>): void {
        line.entry = Object.freeze({ ...line.entry, ...facts })
        shown = null
      }
      function tellOnce(): void {
        if (told) return
        told = true
        tell(line.entry)
      }
      return {
        note: change,
        park(outcome) {
          change({ outcome })
          tellOnce()
        },
        leave(status) {
          open -= 1
          change({ status, ...(line.entry.outcome === 'in-flight' ? { outcome: 'aborted' } : {}) })
          tellOnce()
        },
      }
    },
    reset() {
      lines = []
      shown = null
      tokenRequests = 0
      peakOpen = open
    },
    onRequest(listener) {
      // Wrapped, so that a listener given twice is told twice.
      const own = (request: RecordedRequest): void => listener(request)
      listeners.add(own)
      return { [Symbol.dispose]: () => void listeners.delete(own) }
    },
  }
}
