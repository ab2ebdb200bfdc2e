/** A function like the global `fetch`. It may get a `Request`, and must heed the second argument even then. */
export type FetchFunction = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** The first argument of `fetch`. */
export type FetchInput = Parameters<FetchFunction>[0]

/** By shape, since a custom fetch may bring a `Request` of its own. */
export function isRequest(input: FetchInput): input is Request {
  return typeof input === 'object' && 'headers' in input
}

export function urlOf(input: FetchInput): string {
  if (typeof input === 'string') return input
  return isRequest(input) ? input.url : input.href
}
