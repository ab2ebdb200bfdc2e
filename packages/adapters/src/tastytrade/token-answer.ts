import {
  redact,
  tokenRequestError,
  type FailureKind,
  type Secret,
  type TokenRequestFailure,
  type TokenResponse,
} from '@evergrant/core'
import type { BodyText } from '../http/body-text.ts'
import { retryAfter, serverDate } from '../http/server-time.ts'
import { readErrorBody, type ToldError } from './error-body.ts'
import { readGrantBody } from './grant-body.ts'

/**
 * Reads what an endpoint that gives tokens answered. Throws `token-request-failed`; `sent` is blotted out of what it
 * repeats.
 */
export function readTokenAnswer(
  response: Response,
  body: BodyText,
  sent: readonly Secret[],
  readGrant: (json: unknown) => TokenResponse | undefined = readGrantBody,
): TokenResponse {
  const json = body.complete ? parseJson(body.text) : undefined
  const date = serverDate(response.headers)
  const grant = response.ok ? readGrant(json) : undefined
  if (grant !== undefined) return date === undefined ? grant : { ...grant, date }

  const told = readErrorBody(json)
  const kind = kindOf(response, told)
  const description = told?.description ?? ownDescription(kind, response, body, json)
  const wait = kind === 'rate-limited' || kind === 'server' ? retryAfter(response.headers) : undefined
  const blot = (text: string) => redact(text, sent)
  const failure: TokenRequestFailure = {
    kind,
    ...(response.status === 0 ? {} : { status: response.status }),
    ...(told?.code === undefined ? {} : { oauthCode: blot(told.code) }),
    ...(description === undefined ? {} : { description: blot(description) }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(date === undefined ? {} : { date }),
  }
  throw tokenRequestError(failure)
}

/**
 * By status where the server speaks of itself, whatever code comes with it; then by the code; then by who may have
 * answered in its place (PROTOCOL.md part 3a).
 */
function kindOf(response: Response, told: ToldError | undefined): FailureKind {
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) return 'redirect'
  if (status === 429) return 'rate-limited'
  if (status === 408 || status >= 500) return 'server'
  if (told !== undefined) return 'rejected'
  if (response.ok) return 'malformed'
  return status === 401 || status === 403 ? 'edge' : 'unknown'
}

/** What can be said where the server says nothing. */
function ownDescription(kind: FailureKind, response: Response, body: BodyText, json: unknown): string | undefined {
  if (kind === 'redirect') {
    const target = URL.parse(response.headers.get('location') ?? '')
    return target === null ? undefined : `to ${target.origin}`
  }
  if (kind !== 'malformed') return undefined
  if (!body.complete) return body.why
  return json === undefined ? 'the answer is not JSON' : 'the answer has no usable access token'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
