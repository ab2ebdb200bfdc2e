import type { Dispatcher } from 'undici'

type Headers = Dispatcher.DispatchOptions['headers']
type Value = string | string[] | undefined

/** The headers of a request, in whichever form they were given. */
export function* headerEntries(headers: Headers): Generator<readonly [name: string, value: Value]> {
  if (headers === undefined || headers === null) return
  if (Array.isArray(headers)) {
    // Names and values in turn.
    for (let at = 0; at + 1 < headers.length; at += 2) yield [String(headers[at]), headers[at + 1]]
  } else if (Symbol.iterator in headers) {
    yield* headers
  } else {
    yield* Object.entries(headers) as [string, Value][]
  }
}

/** The same headers with this `Authorization`, in place of any that is there. */
export function withAuthorization(headers: Headers, authorization: string): string[] {
  const list: Value[] = []
  for (const [name, value] of headerEntries(headers)) {
    if (name.toLowerCase() !== 'authorization') list.push(name, value)
  }
  // undici takes several values, and none, in such a list too.
  return [...list, 'authorization', authorization] as string[]
}
