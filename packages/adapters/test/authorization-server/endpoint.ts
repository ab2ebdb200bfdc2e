import { isTokenRequestFailed, tokenRequestError, type Secret } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { readBodyText } from '../../src/http/body-text.ts'
import { isSecure } from '../../src/http/secure-url.ts'
import { serverDate } from '../../src/http/server-time.ts'
import { transportError } from '../../src/tastytrade/transport-error.ts'
import type { Server } from './server.ts'
import { tokenFailure } from './token-failure.ts'

interface Asking {
  readonly send: () => Promise<Response>
  /** What is blotted out of errors. */
  readonly sent: readonly Secret[]
  readonly signal: AbortSignal
}

/** An answer that refuses nothing. */
interface Answer {
  readonly text: string
  /** Epoch ms from the `Date` header. */
  readonly date: number | undefined
}

type Body = URLSearchParams | undefined

// A token answer with an ID token has a few thousand bytes.
const MAX_RESPONSE_BYTES = 65_536

/** One request to the server. Rejects with `token-request-failed`, or the signal's reason. */
export async function ask({ send, sent, signal }: Asking): Promise<Answer> {
  try {
    const response = await send()
    const body = await readBodyText(response, MAX_RESPONSE_BYTES, signal)
    const failure = tokenFailure(response, body.complete ? body.text : '', sent)
    if (failure !== null) throw tokenRequestError(failure)
    if (!body.complete) throw malformed(body.why)
    return { text: body.text, date: serverDate(response.headers) }
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}

/** Runs a check of oauth4webapi. Its errors hold the whole answer, so only the fact goes on. */
export async function checked<T>(check: () => T | Promise<T>, problem: string): Promise<T> {
  try {
    return await check()
  } catch {
    throw malformed(problem)
  }
}

function malformed(description: string) {
  return tokenRequestError({ kind: 'malformed', status: 200, description })
}

/** oauth4webapi takes plain http only if told to: here it may where nothing leaves this machine. */
export function requestOptions({ metadata, fetch }: Server, signal: AbortSignal) {
  const url = new URL(metadata.issuer)
  return {
    signal,
    [oauth.allowInsecureRequests]: url.protocol === 'http:' && isSecure(url),
    [oauth.customFetch]: (input: string, { body, ...init }: oauth.CustomFetchOptions<string, Body>) =>
      (fetch ?? globalThis.fetch)(input, { ...init, ...(body === undefined ? {} : { body }) }),
  }
}
