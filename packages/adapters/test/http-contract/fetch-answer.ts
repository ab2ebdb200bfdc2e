import type { HttpAnswer, HttpCall } from '@evergrant/testing'

/** A `Response` as the contract wants to see it. */
export function answerOf(response: Response): HttpAnswer {
  return {
    status: response.status,
    headers: response.headers,
    text: () => response.text(),
    async *chunks() {
      yield* response.body ?? []
    },
  }
}

/** The second argument of `fetch` for a call. */
export function initOf({ method, headers, body, signal }: HttpCall): RequestInit {
  return {
    method,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body, duplex: 'half' }),
    ...(signal === undefined ? {} : { signal }),
  }
}
