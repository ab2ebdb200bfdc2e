import { isEvergrantError } from '@evergrant/core'
import { AxiosError, getAdapter, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios'
import { handedFetch, handOver } from './axios/handed-fetch.ts'
import { bearerFetch } from './bearer/bearer-fetch.ts'
import type { BearerOptions, BearerSession } from './bearer/options.ts'

export type { BearerOptions, BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'
export type { FetchFunction } from './http/fetch-function.ts'

/** Options for `axios.create()`. */
export interface BearerAxiosOptions {
  readonly adapter: AxiosAdapter
}

/**
 * Joins a session to axios: `axios.create({ ...bearer(session), baseURL })`, or `instance.defaults.adapter =
 * bearer(session).adapter`. It takes the place of axios's adapter and sends through its adapter for `fetch`, in Node
 * and in browsers, so that the token is in no config and on no request that axios's errors carry. For a `fetch` of your
 * own, use the options here.
 *
 * The `timeout` and the `signal` of a request hold for the wait for a token too. A stream is sent once, and its refusal
 * handed on. What the session says instead of giving a token, and `foreign-origin`, come as they are, not as
 * `AxiosError`. All else is as with `bearerFetch` of `@evergrant/adapters/fetch`.
 *
 * Settings of Node's `http` do nothing: `httpAgent`, `httpsAgent`, `proxy`, `socketPath`, a `maxRedirects` other than 0.
 */
export function bearer(session: BearerSession, options?: BearerOptions): BearerAxiosOptions {
  const send = bearerFetch(session, options)
  // Axios makes a Request of everything, which does not say what it was made from: a stream would be copied whole.
  const sendOnce = bearerFetch(session, { ...options, replay: 'never' })

  return {
    async adapter(config) {
      const inner = {
        ...config,
        env: { ...config.env, fetch: handedFetch },
        fetchOptions: handOver(config.fetchOptions, isStream(config.data) ? sendOnce : send),
      }
      try {
        return Object.assign(await getAdapter('fetch', inner)(inner), { config })
      } catch (error) {
        throw asSeenFrom(config, error)
      }
    },
  }
}

function asSeenFrom(config: InternalAxiosRequestConfig, error: unknown): unknown {
  if (!(error instanceof AxiosError)) return error
  // Axios would keep its code and message, and lose what to do next.
  if (isEvergrantError(error.cause)) return error.cause
  error.config = config
  if (error.response !== undefined) error.response.config = config
  return error
}

/** True for what can be read only once: streams of the platform and of Node, and iterables. */
function isStream(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false
  return 'getReader' in data || 'pipe' in data || Symbol.asyncIterator in data
}
