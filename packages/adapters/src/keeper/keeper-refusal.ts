import {
  EvergrantError,
  redact,
  tokenRequestError,
  type FailureKind,
  type Secret,
  type TokenRequestFailure,
} from '@evergrant/core'
import * as z from 'zod/mini'
import type { BodyText } from '../http/body-text.ts'
import { retryAfter, serverDate } from '../http/server-time.ts'
import { keeperProblemHelp } from './help.ts'

interface Answered {
  readonly response: Response
  readonly body: BodyText
  readonly key: Secret
  readonly url: string
}

/** What the keeper says of a problem (RFC 9457). */
const problemBody = z.object({
  code: z.string().check(z.regex(/^[a-z]+(?:-[a-z]+){0,5}$/), z.maxLength(40)),
  detail: z.optional(z.string()),
  help: z.optional(z.string()),
  until: z.optional(z.iso.datetime()),
})

/** An answer that is no token, as an error in the words of the keeper. The key is blotted out of what it repeats. */
export function refusalOf({ response, body, key, url }: Answered): EvergrantError<'token-request-failed'> {
  const told = problemOf(response, body)
  const kind = kindOf(response, told !== undefined)
  const blot = (text: string) => redact(text, [key])
  const until = told?.until === undefined ? '' : ` (until ${told.until})`
  const description = told === undefined ? ownDescription(kind, response, body) : blot(`${told.detail ?? ''}${until}`)
  const wait = retryAfter(response.headers)
  const date = serverDate(response.headers)
  const failure: TokenRequestFailure = {
    kind,
    ...(response.status === 0 ? {} : { status: response.status }),
    ...(told === undefined ? {} : { oauthCode: blot(told.code) }),
    ...(description === undefined || description === '' ? {} : { description }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(date === undefined ? {} : { date }),
  }
  const error = tokenRequestError(failure)
  if (told === undefined) return error
  return new EvergrantError('token-request-failed', {
    message: `The keeper gave no token: ${[blot(told.code), description].filter(Boolean).join(', ')}`,
    help: keeperProblemHelp(told.code, url) ?? (told.help ? blot(told.help) : error.help),
    details: { failure },
  })
}

function problemOf({ ok, headers }: Response, body: BodyText): z.infer<typeof problemBody> | undefined {
  if (ok || !body.complete || !(headers.get('content-type') ?? '').startsWith('application/problem+json')) return
  try {
    return z.safeParse(problemBody, JSON.parse(body.text)).data
  } catch {
    return undefined
  }
}

function kindOf({ status, type, ok }: Response, told: boolean): FailureKind {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) return 'redirect'
  if (status === 429) return 'rate-limited'
  if (status === 408 || status >= 500) return 'server'
  if (told) return 'rejected'
  return ok ? 'malformed' : 'unknown'
}

function ownDescription(kind: FailureKind, { headers }: Response, body: BodyText): string | undefined {
  if (kind === 'redirect') {
    const target = URL.parse(headers.get('location') ?? '')
    return target === null ? undefined : `to ${target.origin}`
  }
  if (!body.complete) return body.why
  return kind === 'malformed' || kind === 'unknown' ? 'what answered is no keeper' : undefined
}
