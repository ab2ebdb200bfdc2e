import type { Dispatcher } from 'undici'
import { headerEntries } from './header-list.ts'

type Body = Dispatcher.DispatchOptions['body']

/** A body, and what to send if it is to be sent again. */
export interface RepeatableBody {
  readonly body: Body
  /** Undefined if it can be sent only once. */
  again(): { readonly body: Body } | undefined
}

// Bytes. Enough for the bodies of API calls; a file that is uploaded should not be held in memory.
const LARGEST_COPY = 1_048_576

/**
 * `fetch` gives every body as an iterable, also one made of a text; unlike a stream it has a length then. A copy of
 * such a one is kept as it goes out.
 */
export function repeatableBody({ body, headers }: Dispatcher.DispatchOptions, wanted: boolean): RepeatableBody {
  if (isLasting(body)) return { body, again: () => ({ body }) }
  if (wanted && isPlainIterable(body) && announcedLength(headers) <= LARGEST_COPY) return copied(body)
  return { body, again: () => undefined }
}

function isLasting(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    // By name: only a FormData of undici itself gets this far.
    Object.prototype.toString.call(body) === '[object FormData]'
  )
}

function isPlainIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && !('pipe' in body)
}

function announcedLength(headers: Dispatcher.DispatchOptions['headers']): number {
  for (const [name, value] of headerEntries(headers)) {
    if (name.toLowerCase() === 'content-length') return Number(value)
  }
  return Number.POSITIVE_INFINITY
}

function copied(body: AsyncIterable<Uint8Array>): RepeatableBody {
  const chunks: Uint8Array[] = []
  let whole = false
  async function* first(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      chunks.push(chunk)
      yield chunk
    }
    whole = true
  }
  return {
    // undici takes iterables; its types leave them out.
    body: first() as unknown as Body,
    again: () => (whole ? { body: Buffer.concat(chunks) } : undefined),
  }
}
