import { invalidOptions } from '@evergrant/core'
import { isRequest, type FetchInput } from '../http/fetch-function.ts'
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

/**
 * What to send if the same request has to go out once more, made before it goes out at all: the input as it is, a copy
 * with a body of its own, or `null` where the body can be sent only once.
 */
export function secondInput(input: FetchInput, init: RequestInit | undefined): FetchInput | null {
  const body = init?.body ?? null
  if (body !== null) return isLasting(body) ? input : null
  // Not every browser shows the body of a request, so undefined may hide one. A used one is for fetch to complain of.
  if (!isRequest(input) || input.body === null || input.bodyUsed) return input
  return input.clone()
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
