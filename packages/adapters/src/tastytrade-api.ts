import { systemClock, type Clock } from '@evergrant/core'
import { bearer } from './axios.ts'
import type { BearerOptions, BearerSession } from './bearer/options.ts'
import { checkKnownOptions } from './options/known-options.ts'
import { driveAccountStreamer } from './tastytrade-api/account-streamer.ts'
import { driveHttpClient } from './tastytrade-api/http-client.ts'
import { partsOf, type DrivenClient } from './tastytrade-api/parts.ts'

export type { BearerOptions, BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'
export type { FetchFunction } from './http/fetch-function.ts'
export type { DrivenClient } from './tastytrade-api/parts.ts'

export interface DriveOptions extends BearerOptions {
  /** For the waits between two connects of the account streamer. Default the system's. */
  readonly clock?: Clock | undefined
  /** 0 to 1, spreads those waits. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/**
 * Lets a session give the official SDK's client (`@tastytrade/api` 7) every access token. The client itself never logs
 * in, so its `clientSecret` and `refreshToken` may be empty, and its `accessToken` stays so.
 *
 * - Its requests go out as with `bearer` of `@evergrant/adapters/axios`: one token for all, a refused one replaced and
 *   the request repeated once where that is safe. Neither its logs nor its errors have the token.
 * - Its account streamer sends the present token with each message. When the server refuses that, the session is told,
 *   and what was asked for is asked again once with the next token. When the server drops the connection, it is made
 *   anew after 0.5 to 1 s, then up to a minute, until `stop()`, and subscribed again. News missed meanwhile
 *   are not sent again by the server: read them through the API when the state is `Open` again.
 *
 * Dispose the result to stop the streamer and give the client back as it was. Throws `invalid-options` at once for
 * a client that is built otherwise, or is driven already, and for options that cannot be used.
 */
export function driveTastytradeClient(
  client: DrivenClient,
  session: BearerSession,
  options: DriveOptions = {},
): Disposable {
  const { clock = systemClock, random = Math.random, ...http } = options
  checkKnownOptions(http, ['maxWait', 'origins', 'replay', 'isRejected', 'fetch'] satisfies (keyof BearerOptions)[])
  const { httpClient, accountStreamer } = partsOf(client)
  const { adapter } = bearer(session, http)

  const parts = [
    driveHttpClient(httpClient, session, adapter),
    driveAccountStreamer(accountStreamer, session, { clock, random }),
  ]
  return {
    [Symbol.dispose]() {
      for (const part of parts) part[Symbol.dispose]()
    },
  }
}
