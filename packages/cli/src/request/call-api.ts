import { bearerFetch } from '@evergrant/adapters/fetch'
import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import type { TokenSession } from '@evergrant/core'
import { USER_AGENT } from '../account/open-provider.ts'
import { presentToken } from '../account/present-token.ts'
import type { Io } from '../io.ts'
import { timeLimit } from '../terminal/time-limit.ts'
import { requestFailed } from './request-failed.ts'

export interface ApiCall {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body?: Uint8Array<ArrayBuffer> | undefined
  /** Ms for all of it: the token, the request and the reading of its answer. */
  readonly maxTime: number
}

/**
 * One request by the fetch adapter, which sends the token to the API alone and refuses another origin before a token is
 * even asked for. Gives what `read` makes of the answer; throws `request-failed` if there is none.
 */
export async function callApi<T>(
  session: TokenSession<TastytradeProvider>,
  { url, method, headers, body, maxTime }: ApiCall,
  io: Io,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  using limit = timeLimit(maxTime, io)
  const { signal } = limit
  const carrier = {
    provider: session.provider,
    peekToken: () => session.peekToken(),
    getToken: () => presentToken(session, { signal }, io.clock),
    reportRejected: session.reportRejected.bind(session),
  }
  if (!headers.has('accept')) headers.set('accept', 'application/json')
  if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT)
  try {
    const call = bearerFetch(carrier, { fetch: io.fetch })
    return await read(await call(url, { method, headers, signal, ...(body === undefined ? {} : { body }) }))
  } catch (error) {
    return requestFailed(error, url, io.interrupts.signal)
  }
}
