import { apiError, edgePage, emptyAnswer, htmlAnswer, jsonAnswer, oauthError } from './answers.ts'
import { notPermittedAnswer, unauthorizedAnswer } from './api.ts'
import type { Met } from './fault-script.ts'
import type { AnswerFaults, OauthErrorParameters } from './faults.ts'
import type { LoginGuard } from './login-guard.ts'
import { isFailedLogin, refusalOf, refuse } from './refusals.ts'
import type { ServerTime } from './server-time.ts'
import type { Visit } from './visit.ts'

export interface FaultAnswerParts {
  readonly time: ServerTime
  readonly guard: LoginGuard
}

/** Plays the faults that take the place of an answer. */
export function faultAnswer(met: Met<AnswerFaults>, visit: Visit, { time, guard }: FaultAnswerParts): Response {
  const { line } = visit
  switch (met.fault) {
    case 'too-many-requests': {
      const { retryAfter, as } = met.parameters
      line.note({ outcome: 'rate-limited' })
      return emptyAnswer(429, retryAfterHeader(time.now(), retryAfter, as))
    }
    case 'server-error': {
      const { status = 500, code, retryAfter } = met.parameters
      line.note({ outcome: 'server-error' })
      return inDistress(status, code, retryAfterHeader(time.now(), retryAfter, 'seconds'))
    }
    case 'edge-html':
      line.note({ outcome: 'edge-refused' })
      return edgePage(401)
    case 'edge-forbidden-html':
      line.note({ outcome: 'edge-refused' })
      return edgePage(403)
    case 'edge-empty':
      line.note({ outcome: 'edge-refused' })
      return emptyAnswer(401)
    case 'transient-invalid-request':
      line.note({ outcome: 'invalid-request' })
      return oauthError('invalid_request', 'User is not a TastyTrade customer')
    case 'grant-revoked':
    case 'invalid-jwt':
    case 'client-secret-mismatch':
      return refuse(met.fault, line, guard)
    case 'echo-secrets': {
      const { code = 'invalid_request', status = 400, description = 'Cannot process' } = met.parameters
      noteRefusal(code, visit, guard)
      const { form } = visit
      return oauthError(
        code,
        `${description}: ${form?.get('refresh_token')} with ${form?.get('client_secret')}`,
        status,
      )
    }
    case 'rfc-error': {
      const { code, status, description } = told(met.parameters)
      noteRefusal(code, visit, guard)
      return jsonAnswer(status, { error: code, error_description: description })
    }
    case 'object-error': {
      const { code, status, description } = told(met.parameters)
      noteRefusal(code, visit, guard)
      return apiError(status, code, description)
    }
    case 'redirect': {
      const { location = '/elsewhere/oauth/token', status = 307 } = met.parameters
      line.note({ outcome: 'redirected' })
      return emptyAnswer(status, { location })
    }
    case 'oversized':
      line.note({ outcome: 'unreadable' })
      return oversized(met.parameters.bytes ?? 8 * 2 ** 20)
    case 'garbage':
      line.note({ outcome: 'unreadable' })
      return new Response('OK, but this is no JSON', { headers: { 'content-type': 'application/json' } })
    case 'wrong-shape':
      line.note({ outcome: 'unreadable' })
      return jsonAnswer(200, { token_type: 'Bearer', expires_in: 900, scope: 'read trade' })
    case 'api-unauthorized':
      line.note({ outcome: 'unauthorized' })
      return unauthorizedAnswer()
    case 'api-forbidden':
      line.note({ outcome: 'not-permitted' })
      return notPermittedAnswer()
  }
}

function told(parameters: OauthErrorParameters): Required<OauthErrorParameters> {
  return { code: 'invalid_grant', description: 'Grant revoked', status: 400, ...parameters }
}

function noteRefusal(code: string, { line }: Visit, guard: LoginGuard): void {
  const refusal = refusalOf(code)
  line.note({ outcome: refusal })
  if (isFailedLogin(refusal)) guard.noteFailure()
}

function retryAfterHeader(
  now: number,
  seconds: number | undefined,
  as: 'seconds' | 'http-date' = 'seconds',
): Record<string, string> {
  if (seconds === undefined) return {}
  return { 'retry-after': as === 'seconds' ? String(seconds) : new Date(now + seconds * 1000).toUTCString() }
}

function inDistress(status: number, code: string | undefined, headers: Record<string, string>): Response {
  if (code !== undefined) {
    return jsonAnswer(status, { error_code: code, error_description: 'Failed request to an inner service' }, headers)
  }
  if (status === 500) {
    return jsonAnswer(
      status,
      { error: { code: 'internal_server_error', message: 'An internal server error occurred' } },
      headers,
    )
  }
  const page = htmlAnswer(
    status,
    `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>`,
  )
  for (const [name, value] of Object.entries(headers)) page.headers.set(name, value)
  return page
}

const CHUNK = 64 * 1024

function oversized(bytes: number): Response {
  const encoder = new TextEncoder()
  const filling = encoder.encode('a'.repeat(CHUNK))
  let left = bytes
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('{"token_type":"Bearer","expires_in":900,"access_token":"'))
    },
    pull(controller) {
      controller.enqueue(left >= CHUNK ? filling : filling.subarray(0, left))
      left -= CHUNK
      if (left > 0) return
      controller.enqueue(encoder.encode('"}'))
      controller.close()
    },
  })
  return new Response(stream, { headers: { 'content-type': 'application/json' } })
}
