import { invalidOptions } from '@evergrant/core'
import { isRequest, urlOf, type FetchInput } from '../http/fetch-function.ts'
import type { ReplayCandidate, ReplayRule } from './options.ts'

// RFC 9110 section 9.2.2.
const IDEMPOTENT: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'])

/** A replay rule as a function. Throws `invalid-options` for a rule that there is not. */
export function replayTest(rule: ReplayRule = 'idempotent'): (request: ReplayCandidate) => boolean {
  if (typeof rule === 'function') return rule
  if (rule === 'idempotent') return ({ method }) => IDEMPOTENT.has(method)
  if (rule === 'always' || rule === 'never') return () => rule === 'always'
  throw invalidOptions('replay', 'is not known', 'Use idempotent, always, never or a function.')
}

/** A request as it went out. */
export interface Outgoing {
  readonly input: FetchInput
  readonly init: RequestInit | undefined
  /** Made before it went out; `null` where none was needed or wanted. */
  readonly copy: Request | null
}

type Call = Pick<Outgoing, 'input' | 'init'>

export function candidate({ input, init }: Call): ReplayCandidate {
  const method = init?.method?.toUpperCase() ?? (isRequest(input) ? input.method : 'GET')
  return { method, url: urlOf(input) }
}

/**
 * True for a request whose body is gone once it is sent, so that only a copy made before can be sent again. Not every
 * browser shows the body of a request, so undefined may hide one.
 */
export function needsCopy(input: FetchInput, init: RequestInit | undefined): input is Request {
  return isRequest(input) && input.body !== null && (init?.body ?? null) === null
}

/** What to send once more where there is no copy; `null` if the body can be sent only once. */
export function sendable({ input, init }: Call): FetchInput | null {
  const body = init?.body ?? null
  return (body === null && !needsCopy(input, init)) || (body !== null && isLasting(body)) ? input : null
}

/** A list of what stays whole when sent, since fetch takes iterables and streams of more kinds than it names. */
function isLasting(body: BodyInit): boolean {
  return (
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  )
}
