import type { FakeFetch } from '../tastytrade/fetch-door.ts'
import type { Canaries } from './canaries.ts'

/** What the logs of a proxy or a server would keep of a request. */
export interface LoggedRequest {
  readonly method: string
  readonly url: string
  /** Without `Authorization`, which is made for secrets. */
  readonly headers: Readonly<Record<string, string>>
}

/** A `fetch` that is listened to. */
export interface Wiretap {
  readonly fetch: FakeFetch
  /** Every request so far. */
  readonly requests: readonly LoggedRequest[]
}

// RFC 6749 sections 2.3.1, 4.1.3, 4.3.2 and 6; RFC 7009, 7521, 7636, 8628 and 8693.
const SECRETS_OF_REQUESTS = [
  'refresh_token',
  'client_secret',
  'code',
  'code_verifier',
  'password',
  'token',
  'assertion',
  'client_assertion',
  'device_code',
  'subject_token',
]
const TOKENS_OF_ANSWERS = /"(access_token|refresh_token|id_token)"\s*:\s*"((?:[^"\\]|\\.)*)/g
// Shorter ones would be found everywhere, and no token is longer.
const SHORTEST = 8
const LONGEST = 5_000

/**
 * Notes every secret that goes through a `fetch` as a canary: what a request carries in its body or its `Authorization`,
 * and the tokens of an answer, also of one that is cut off. So a harness knows of rotated tokens that it has not planted.
 */
export function tapFetch(fetch: FakeFetch, canaries: Canaries): Wiretap {
  const requests: LoggedRequest[] = []

  function note(name: string, secret: string): void {
    if (secret.length >= SHORTEST && secret.length <= LONGEST) canaries.note(name, secret)
  }

  function noteAnswer(text: string): void {
    for (const [, name = '', value = ''] of text.matchAll(TOKENS_OF_ANSWERS)) note(name, plainText(value))
  }

  return {
    requests,
    async fetch(input, init) {
      const request = new Request(input, init)
      const { authorization = '', ...headers } = Object.fromEntries(request.headers)
      requests.push({ method: request.method, url: request.url, headers })
      note('authorization', authorization.slice(authorization.indexOf(' ') + 1))
      const { text, whole } = await readRequest(request)
      for (const [name, secret] of secretsOf(text)) note(name, secret)
      return heard(await fetch(whole), noteAnswer)
    },
  }
}

/**
 * The same answer, with its text told to `hear` up to where it is read or breaks off. Not by a clone: of two readers
 * neither gets what comes right before a break.
 */
function heard(response: Response, hear: (text: string) => void): Response {
  const reader = response.body?.getReader()
  if (reader === undefined) return response
  const decoder = new TextDecoder()
  let text = ''
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        text += decoder.decode(value, { stream: true })
        hear(text)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  const { url, redirected } = response
  // A Response that is made has neither.
  return Object.defineProperties(new Response(body, response), {
    url: { value: url },
    redirected: { value: redirected },
  })
}

/**
 * What a request carries, and the request with all of it. Not by a clone: browsers take real time to read that, in which
 * virtual time would go on.
 */
export async function readRequest(request: Request): Promise<{ readonly text: string; readonly whole: Request }> {
  if (request.body === null) return { text: '', whole: request }
  const text = await request.text()
  return { text, whole: new Request(request, { method: request.method, body: text }) }
}

/** Those of a body that is JSON or a form. */
export function secretsOf(body: string): readonly (readonly [string, string])[] {
  const fields = fieldsOf(body)
  return SECRETS_OF_REQUESTS.flatMap((name) => {
    const value = fields.get(name)
    return typeof value === 'string' ? [[name, value] as const] : []
  })
}

function fieldsOf(body: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(body) as object))
  } catch {
    return new Map(new URLSearchParams(body))
  }
}

/** As the JSON text means it; as it stands, where that is cut in the middle of an escape. */
function plainText(json: string): string {
  try {
    return JSON.parse(`"${json}"`) as string
  } catch {
    return json
  }
}
