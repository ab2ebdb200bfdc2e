import type { FetchFunction } from '../http/fetch-function.ts'

const HANDED = 'evergrant'

/**
 * A `fetch` for the `env` of axios, which calls the one that comes with the request. Axios keeps each `fetch` that it is
 * given for as long as the process lives, and with it whatever that knows, so all sessions share this one.
 */
export const handedFetch: FetchFunction = (input, init = {}) => {
  const { [HANDED]: fetch, ...rest } = init as RequestInit & { readonly [HANDED]: FetchFunction }
  return fetch(input, rest)
}

/** The `fetchOptions` of a request that is to go through such a `fetch`. */
export function handOver(options: object | undefined, fetch: FetchFunction): Record<string, unknown> {
  return { ...options, [HANDED]: fetch }
}
