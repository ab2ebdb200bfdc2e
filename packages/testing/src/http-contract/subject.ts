import type { TokenSession } from '@evergrant/core'

export type HttpBody = string | Uint8Array<ArrayBuffer> | URLSearchParams | FormData | ReadableStream<Uint8Array>

/** One request, in the words of no library. */
export interface HttpCall {
  /** In capitals. */
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: HttpBody
  readonly signal?: AbortSignal
  /** Ms that the whole may take, by the library's own time limit. Only given where {@link HttpAbilities.timeLimit} says so. */
  readonly timeLimit?: number
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
  /** The body as it comes in; in place of `text()`. */
  chunks(): AsyncIterable<Uint8Array>
}

export interface HttpClient {
  /** Resolves with every answer, a 401 and a 500 too; rejects with what the library rejects with if there is none. */
  call(call: HttpCall): Promise<HttpAnswer>
  /** The same as a program would write it: what the library gives or throws is searched for secrets. Default `call`. */
  raw?(call: HttpCall): Promise<unknown>
  dispose?(): void | Promise<void>
}

export interface HttpClientOptions {
  /** Where the token may go. Left out: to the origin of the provider's `apiBaseUrl`. */
  readonly origins?: readonly string[]
  /** Left out: idempotent methods. */
  readonly replay?: 'idempotent' | 'always' | 'never'
}

/** What a library cannot do by its nature, or does in its own way. Each has a default, which is the stricter one. */
export interface HttpAbilities {
  /** Whether it follows redirects. Default true; false where a redirect is handed to the caller. */
  readonly redirects?: boolean
  /**
   * What becomes of a stream whose token is refused, under a method that may be repeated. `once` (default): it was
   * sent, and the refusal is handed on. `copied`: the library turns every body into a stream before the adapter sees
   * it, so that a copy is kept and sent whole. Without such a method it is `once` in any case.
   */
  readonly streams?: 'once' | 'copied'
  /**
   * What becomes of a request for another origin. `refused` (default): nothing is sent. `bare`: it goes out without
   * the token, as is right for something that all requests of a program pass through.
   */
  readonly foreign?: 'refused' | 'bare'
  /** Whether the library has a time limit of its own. Default true. */
  readonly timeLimit?: boolean
  /** Tells the library's own error for an abort. Left out: it rejects with the reason of the signal. */
  readonly isAbort?: (error: unknown) => boolean
}

/** The HTTP adapter that is to be tested. */
export interface HttpSubject {
  /** Makes a client as a program would. Called once per case, or a few times. Throws what the adapter throws. */
  client(session: TokenSession, options: HttpClientOptions): HttpClient | Promise<HttpClient>
  readonly abilities?: HttpAbilities
}
