import { redact, type FailureKind, type Secret, type TokenRequestFailure } from '@evergrant/core'
import type { BodyText } from './body-text.ts'
import { readErrorBody, type ToldError } from './error-body.ts'
import { retryAfter, serverDate } from './server-time.ts'

/** What came back. */
interface Answered {
  readonly response: Response
  readonly body: BodyText
  /** Undefined for what is not JSON, or not whole. */
  readonly json: unknown
}

/**
 * What an answer tells that is not what was asked for; `sent` is blotted out of what it repeats, and `problem` says what
 * is missing from one that refuses nothing. `readRefusal` goes first where a server words its errors in its own way.
 */
export function readFailure(
  answered: Answered,
  problem: string,
  sent: readonly Secret[],
  readRefusal?: (json: unknown, text: string) => ToldError | undefined,
): TokenRequestFailure {
  const { response, body, json } = answered
  const told = readRefusal?.(json, body.complete ? body.text : '') ?? readErrorBody(json)
  const kind = kindOf(response, told !== undefined)
  const description = told?.description ?? ownDescription(kind, response, body, problem)
  const wait = kind === 'rate-limited' || kind === 'server' ? retryAfter(response.headers) : undefined
  const date = serverDate(response.headers)
  const blot = (text: string) => redact(text, sent)
  return {
    kind,
    ...(response.status === 0 ? {} : { status: response.status }),
    ...(told?.code === undefined ? {} : { oauthCode: blot(told.code) }),
    ...(description === undefined ? {} : { description: blot(description) }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(date === undefined ? {} : { date }),
  }
}

/**
 * By status where the server speaks of itself, whatever code comes with it; then by the code; then by who may have
 * answered in its place (docs/protocol.md#token-errors).
 */
function kindOf({ status, type, ok }: Response, told: boolean): FailureKind {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) return 'redirect'
  if (status === 429) return 'rate-limited'
  if (status === 408 || status >= 500) return 'server'
  if (told) return 'rejected'
  if (ok) return 'malformed'
  return status === 401 || status === 403 ? 'edge' : 'unknown'
}

/** What can be said where the server says nothing. */
function ownDescription(kind: FailureKind, response: Response, body: BodyText, problem: string): string | undefined {
  if (kind === 'redirect') {
    const target = URL.parse(response.headers.get('location') ?? '')
    return target === null ? undefined : `to ${target.origin}`
  }
  if (kind !== 'malformed') return undefined
  return body.complete ? problem : body.why
}
