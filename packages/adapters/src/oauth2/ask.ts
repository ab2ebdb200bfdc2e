import { isTokenRequestFailed, secret, tokenRequestError, type Secret } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { jsonOf, readBodyText } from '../http/body-text.ts'
import { readFailure } from '../http/failed-answer.ts'
import { isSecure } from '../http/secure-url.ts'
import { serverDate } from '../http/server-time.ts'
import { userAgentHeader } from '../http/user-agent.ts'
import type { ServerClock } from './server-clock.ts'
import type { OAuth2Settings } from './settings.ts'
import { transportError } from './transport-error.ts'

/** What a request function of oauth4webapi takes. */
export type SendOptions = Pick<oauth.TokenEndpointRequestOptions, 'headers' | 'signal'> & {
  readonly [oauth.allowInsecureRequests]: boolean
  readonly [oauth.customFetch]: (url: string, options: Sending) => Promise<Response>
}

type Sending = oauth.CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>

interface Question<T> {
  readonly settings: OAuth2Settings
  readonly time: ServerClock
  /** Where it goes. */
  readonly url: URL
  readonly signal: AbortSignal
  readonly send: (options: SendOptions) => Promise<Response>
  /** Undefined for a body that is not what was asked for. */
  readonly read: (json: unknown) => T | undefined
  /** What is said of such a body. */
  readonly problem: string
  /** What it carries beside the secrets that the RFCs know. */
  readonly secrets?: readonly Secret[]
}

interface Reply<T> {
  readonly value: T
  /** Epoch ms from the `Date` header. */
  readonly date: number | undefined
}

/** Members of a request that are secret (RFC 6749, 7009, 7523, 7636, 8628). */
const SECRET_MEMBERS = [
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'device_code',
  'refresh_token',
  'token',
]

/**
 * One request to the server. Rejects with `token-request-failed`, or the signal's reason.
 *
 * The answer is read here and not by oauth4webapi: a wrong client secret is answered with 401 and a challenge (RFC 6749
 * section 5.2), of which that library tells and leaves the code in the body unread.
 */
export async function ask<T>(question: Question<T>): Promise<Reply<T>> {
  const { settings, time, url, signal, send, read, problem, secrets = [] } = question
  const sent: Secret[] = [...secrets]
  const options: SendOptions = {
    headers: userAgentHeader(settings.userAgent),
    signal,
    [oauth.allowInsecureRequests]: url.protocol === 'http:' && isSecure(url),
    [oauth.customFetch](address, { body, headers, method }) {
      sent.push(...secretsOf(body, headers))
      return settings.fetch(address, { ...bare(signal), method, headers, ...(body === undefined ? {} : { body }) })
    },
  }
  try {
    const response = await send(options)
    time.observe(response.headers)
    const body = await readBodyText(response, settings.maxResponseBytes, signal)
    const json = jsonOf(body)
    const value = response.ok ? read(json) : undefined
    if (value !== undefined) return { value, date: serverDate(response.headers) }
    throw tokenRequestError(readFailure({ response, body, json }, problem, sent, settings.dialect?.readRefusal))
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}

/** One request as it is: nothing followed, cached or added. */
export function bare(signal: AbortSignal): RequestInit {
  return { cache: 'no-store', credentials: 'omit', redirect: 'manual', referrerPolicy: 'no-referrer', signal }
}

/** What went out, in every form that it had, so that none of it is repeated in an error. */
function secretsOf(body: URLSearchParams | undefined, headers: Readonly<Record<string, string>>): readonly Secret[] {
  const members = SECRET_MEMBERS.flatMap((name) => body?.getAll(name) ?? [])
  const [, basic = ''] = /^Basic (.+)$/.exec(headers['authorization'] ?? '') ?? []
  const password = basic === '' ? '' : atob(basic).replace(/^[^:]*:/, '')
  const plain = new URLSearchParams(`=${password}`).get('') ?? ''
  return [...members, basic, password, plain, headers['dpop'] ?? '']
    .filter((text) => text !== '')
    .map((text) => secret(text))
}
