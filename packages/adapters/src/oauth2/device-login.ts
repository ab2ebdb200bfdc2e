import { invalidOptions, isTokenRequestFailed, secret, type Clock, type TokenRequestFailure } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { loginFailed, loginResult, type LoginResult, type WaitOptions } from '../login/login-result.ts'
import { pause } from '../time/pause.ts'
import { withTimeLimit } from '../time/time-limit.ts'
import { ask } from './ask.ts'
import { additionalParameters, scopeOf } from './checks.ts'
import { clientParts, completeClient } from './client.ts'
import { readDeviceCode } from './device-code.ts'
import { endpointOf } from './metadata.ts'
import type { Server } from './server.ts'
import { requestGrant } from './token-request.ts'

export interface BeginDeviceLoginOptions {
  /** Space-separated. Default: the scope of the provider. */
  readonly scope?: string | undefined
  /** Further parameters of the device authorization request. Nothing secret. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
}

/** A login on another device (RFC 8628). */
export interface DeviceLogin {
  /** What the person types there. */
  readonly userCode: string
  /** Where they go. */
  readonly verificationUri: string
  /** The same with the code in it, e.g. for a QR code; `null` where the server gives none. */
  readonly verificationUriComplete: string | null
  /** Seconds that the code is good for, from now. */
  readonly expiresIn: number
  /**
   * Asks as often as the server allows until the person is done. Rejects with `token-request-failed` if they decline or
   * the code expires, or with the reason of `signal`, and may be called again after that. Throws `invalid-options` while
   * it is waiting, and after it has succeeded.
   */
  wait(options?: WaitOptions): Promise<LoginResult>
}

// RFC 8628 section 3.5, in ms.
const SLOW_DOWN = 5_000
/** To a server that does not answer, it is at most this far between two questions. */
const LONGEST_BACKOFF = 60_000
/** Failures of which the person knows nothing. */
const PASSING: ReadonlySet<TokenRequestFailure['kind']> = new Set([
  'edge',
  'malformed',
  'network',
  'rate-limited',
  'server',
  'timeout',
  'unknown',
])
const BEGIN_AGAIN = 'Begin a new login: each code is good for one, and for a few minutes.'

export async function beginDeviceLogin(server: Server, options: BeginDeviceLoginOptions = {}): Promise<DeviceLogin> {
  const { settings, time } = server
  const { clock, requestTimeout: ms } = settings
  const scope = scopeOf('scope', options.scope) ?? settings.scope
  const further = additionalParameters('additionalParameters', options.additionalParameters)
  const parameters = { ...further, ...(scope === undefined ? {} : { scope }) }
  const client = completeClient(settings, {})
  const begunAt = clock.monotonic()
  const { value: begun } = await withTimeLimit({ clock, ms, signal: options.signal }, async (bound) => {
    const metadata = await server.metadata.read(bound)
    const url = endpointOf(metadata, 'device_authorization_endpoint')
    const parts = clientParts(settings, time, metadata, client)
    return ask({
      settings,
      time,
      url,
      signal: bound,
      send: (send) => oauth.deviceAuthorizationRequest(metadata, parts.client, parts.authentication, parameters, send),
      read: readDeviceCode,
      problem: 'the answer has no usable device code',
    })
  })

  const deviceCode = secret(begun.deviceCode)
  const deadline = begunAt + begun.expiresIn * 1_000
  let interval = begun.interval * 1_000
  let progress: 'open' | 'waiting' | 'done' = 'open'

  const poll = (signal: AbortSignal | undefined): Promise<LoginResult> =>
    withTimeLimit({ clock, ms, signal }, async (bound) => {
      const response = await requestGrant(server, client, bound, (metadata, parts, send) =>
        oauth.deviceCodeGrantRequest(metadata, parts.client, parts.authentication, deviceCode.reveal(), send),
      )
      return loginResult(client, response)
    })

  async function pollUntilDone(signal: AbortSignal | undefined): Promise<LoginResult> {
    for (;;) {
      await untilNextPoll(clock, interval, deadline, signal)
      try {
        return await poll(signal)
      } catch (error) {
        signal?.throwIfAborted()
        if (!isTokenRequestFailed(error)) throw error
        interval = nextInterval(error.details.failure, interval) ?? rethrow(error)
      }
    }
  }

  return {
    userCode: begun.userCode,
    verificationUri: begun.verificationUri,
    verificationUriComplete: begun.verificationUriComplete,
    expiresIn: begun.expiresIn,
    async wait({ signal } = {}) {
      if (progress !== 'open') throw invalidOptions('wait', 'was called already', 'Keep the first promise.')
      progress = 'waiting'
      try {
        const result = await pollUntilDone(signal)
        progress = 'done'
        return result
      } finally {
        if (progress === 'waiting') progress = 'open'
      }
    },
  }
}

async function untilNextPoll(clock: Clock, interval: number, deadline: number, signal?: AbortSignal): Promise<void> {
  await pause(clock, Math.max(0, Math.min(interval, deadline - clock.monotonic())), signal)
  if (clock.monotonic() < deadline) return
  const description = 'nobody has entered the code in time'
  throw loginFailed({ kind: 'rejected', oauthCode: 'expired_token', description }, BEGIN_AGAIN)
}

/** Ms until the next question after a failure; undefined where it is the end. */
function nextInterval(failure: TokenRequestFailure, interval: number): number | undefined {
  const { kind, oauthCode, retryAfter = 0 } = failure
  if (oauthCode === 'authorization_pending') return interval
  if (oauthCode === 'slow_down') return interval + SLOW_DOWN
  if (!PASSING.has(kind)) return undefined
  return Math.max(interval, retryAfter, Math.min(2 * interval, LONGEST_BACKOFF))
}

function rethrow(error: unknown): never {
  throw error
}
