import { isTokenRequestFailed, type EvergrantError, type Secret, type TokenResponse } from '@evergrant/core'
import { readBodyText } from '../http/body-text.ts'
import { systemCode } from '../http/failure-name.ts'
import { serverDate } from '../http/server-time.ts'
import { namedTransportError } from '../http/transport-error.ts'
import { userAgentHeader } from '../http/user-agent.ts'
import { refusalOf } from './keeper-refusal.ts'
import type { KeeperSettings } from './options.ts'
import { readTokenBody } from './token-body.ts'

/** What is asked for beyond a live token. */
export interface KeeperQuestion {
  /** Seconds that it must still live. */
  readonly minTtl?: number
  /** The keeper's generation of the token that the API has refused. */
  readonly rejected?: number
}

/** A token, and how the keeper counts it. */
export interface KeeperToken {
  readonly response: TokenResponse
  readonly generation: number
}

interface Asking extends KeeperQuestion {
  readonly settings: Pick<KeeperSettings, 'fetch' | 'userAgent'>
  readonly url: string
  readonly key: Secret
  readonly account: string | undefined
}

/** Seconds that the keeper is to wait at most: less than the 15 that core gives a token request, so that its reason arrives. */
const LONGEST_WAIT = '12'

/** Bytes of an answer: a token, or a problem. */
const MOST_BYTES = 262_144

/** One request. Rejects with `token-request-failed`, or the reason of the signal. */
export async function askKeeper(asking: Asking, signal: AbortSignal): Promise<KeeperToken> {
  const { settings, url, key } = asking
  const headers = {
    ...userAgentHeader(settings.userAgent),
    accept: 'application/json',
    authorization: `Bearer ${key.reveal()}`,
  }
  try {
    const response = await settings.fetch(`${url}/api/v1/token${queryOf(asking)}`, { ...bare(signal), headers })
    const body = await readBodyText(response, MOST_BYTES, signal)
    const told = body.complete && response.ok ? readTokenBody(body.text) : undefined
    if (told === undefined) throw refusalOf({ response, body, key, url })
    const date = serverDate(response.headers)
    return { generation: told.generation, response: date === undefined ? told.response : { ...told.response, date } }
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : transportError(error, signal)
  }
}

/** One request as it is: nothing followed, cached or added. */
export function bare(signal: AbortSignal): RequestInit {
  return { cache: 'no-store', credentials: 'omit', redirect: 'manual', referrerPolicy: 'no-referrer', signal }
}

/** Every network error of fetch is a TypeError (Fetch standard), with a code behind it or none. */
export function transportError(error: unknown, signal: AbortSignal): EvergrantError<'token-request-failed'> {
  return namedTransportError(error, signal, (thrown) => {
    const code = systemCode(thrown)
    return code === undefined ? thrown instanceof TypeError : !code.startsWith('ERR_')
  })
}

function queryOf({ account, minTtl, rejected }: Asking): string {
  const query = new URLSearchParams()
  if (account !== undefined) query.set('account', account)
  if (minTtl !== undefined) query.set('min_ttl', String(minTtl))
  if (rejected !== undefined) query.set('rejected', String(rejected))
  query.set('max_wait', LONGEST_WAIT)
  return `?${query}`
}
