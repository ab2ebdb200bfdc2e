import { EvergrantError, invalidOptions, type AccessToken, type TokenSession } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import {
  describeHttpContract,
  type HttpAnswer,
  type HttpCall,
  type HttpClient,
  type HttpClientOptions,
  type HttpSubject,
} from '../src/http-contract.ts'

// Real ms. Only a client that is wrong by waiting makes a case wait as long.
const SHORT_PATIENCE = 2_000
const PATIENCE = 20_000

/** A client over fetch, as somebody may write one by hand; each part may be written wrong. */
interface Parts {
  token(session: TokenSession, signal: AbortSignal | undefined): Promise<AccessToken>
  /** Throws for origins that must not be. */
  check(origins: readonly string[]): void
  isForeign(url: string, origins: readonly string[]): boolean
  headers(call: HttpCall, token: AccessToken): Headers
  isRefused(response: Response): boolean
  report(session: TokenSession, token: AccessToken): void
  mayReplay(call: HttpCall, options: HttpClientOptions): boolean
  /** How often it is sent at most. */
  readonly sendings: number
  /** The body for a sending, counted from 0. */
  body(call: HttpCall, sending: number): HttpCall['body']
  send(url: string, init: RequestInit): Promise<Response>
  answer(response: Response): HttpAnswer | Promise<HttpAnswer>
  failure(error: unknown, token: AccessToken): unknown
}

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

const right: Parts = {
  check(origins) {
    if (!origins.every((origin) => origin.startsWith('http://127.0.0.1:'))) {
      throw invalidOptions('origins', 'not on loopback', 'Use https.')
    }
  },
  token: async (session, signal) => session.peekToken() ?? session.getToken(signal ? { signal } : {}),
  isForeign: (url, origins) => !origins.includes(new URL(url).origin),
  headers(call, token) {
    const headers = new Headers(call.headers)
    headers.set('authorization', token.authorization)
    return headers
  },
  isRefused: ({ status, headers }) =>
    status === 401 && ((headers.get('content-type') ?? '').includes('json') || headers.has('www-authenticate')),
  report: (session, token) => session.reportRejected(token),
  mayReplay: ({ method, body }, { replay = 'idempotent' }) =>
    !(body instanceof ReadableStream) &&
    (replay === 'always' || (replay === 'idempotent' && IDEMPOTENT.includes(method))),
  sendings: 2,
  body: (call) => call.body,
  send: (url, init) => fetch(url, init),
  answer: (response) => ({
    status: response.status,
    headers: response.headers,
    text: () => response.text(),
    async *chunks() {
      yield* response.body ?? []
    },
  }),
  failure: (error) => error,
}

function subject(changes: Partial<Parts>): HttpSubject {
  const parts = { ...right, ...changes }

  function client(session: TokenSession, options: HttpClientOptions): HttpClient {
    const { apiBaseUrl } = session.provider
    const origins = options.origins ?? (apiBaseUrl === undefined ? [] : [apiBaseUrl])
    parts.check(origins)

    async function call(call: HttpCall): Promise<HttpAnswer> {
      call.signal?.throwIfAborted()
      if (parts.isForeign(call.url, origins)) throw foreign(call.url)
      for (let sending = 0; ; sending += 1) {
        const token = await parts.token(session, call.signal)
        const body = parts.body(call, sending)
        const init = {
          method: call.method,
          headers: parts.headers(call, token),
          duplex: 'half',
          ...(body === undefined ? {} : { body }),
          ...(call.signal === undefined ? {} : { signal: call.signal }),
        }
        const response = await parts.send(call.url, init).catch((error: unknown) => {
          throw parts.failure(error, token)
        })
        if (!parts.isRefused(response) || (response.redirected && parts.isForeign(response.url, origins))) {
          return parts.answer(response)
        }
        parts.report(session, token)
        if (sending + 1 >= parts.sendings || !parts.mayReplay(call, options)) return parts.answer(response)
        await response.body?.cancel()
      }
    }
    return { call }
  }

  return { client, abilities: { timeLimit: false } }
}

function foreign(origin: string): Error {
  return new EvergrantError('foreign-origin', { message: 'No.', help: 'Do not.', details: { origin } })
}

/** Names of the cases that fail. */
async function failing(changes: Partial<Parts>, which: RegExp, patience: number): Promise<readonly string[]> {
  const cases: (readonly [name: string, body: () => Promise<void>])[] = []
  describeHttpContract('sabotaged', subject(changes), {
    describe: (_, body) => body(),
    it: (name, body) => void cases.push([name, body]),
    patience,
  })
  const failed: string[] = []
  for (const [name, body] of cases.filter(([title]) => which.test(title))) {
    await body().catch(() => failed.push(name))
  }
  return failed
}

function leaking(error: unknown, { authorization }: AccessToken): unknown {
  return Object.assign(error as Error, { config: { headers: { authorization } } })
}

/** Follows redirects by hand, with everything that was sent first. */
async function followed(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const location = response.headers.get('location')
  return location === null ? response : followed(new URL(location, url).href, init)
}

const kept = new WeakMap<TokenSession, AccessToken>()

/** What is done wrong, how, and the case that sees it. */
const SABOTAGES: readonly (readonly [name: string, changes: Partial<Parts>, caught: RegExp])[] = [
  [
    'P5 a client that keeps a token for itself',
    {
      async token(session) {
        const token = kept.get(session) ?? (await session.getToken())
        kept.set(session, token)
        return token
      },
    },
    /P5 never sends a token that has expired/,
  ],
  [
    'P5 a client that tells nobody that a token was refused',
    { report: () => undefined },
    /P5 never sends a token again that was refused/,
  ],
  [
    'P6 a client that waits for a refresh that is under way',
    {
      async token(session) {
        const { state } = session.getSnapshot()
        return state === 'expiring' ? session.refresh() : session.getToken()
      },
    },
    /P6 does not wait for a refresh/,
  ],
  [
    'P6 a client that lets a failing refresh be seen',
    {
      async token(session) {
        return session.getSnapshot().state === 'expiring' ? session.refresh({ maxWait: 0 }) : session.getToken()
      },
    },
    /P6 shows nothing of a refresh that fails/,
  ],
  [
    'P10 a client that asks for a refresh at each refusal',
    { report: (session) => void session.refresh({ force: true }).catch(() => undefined) },
    /P10 a refusal that comes late/,
  ],
  [
    'P10 a client that sends a POST again',
    { mayReplay: ({ body }) => !(body instanceof ReadableStream) },
    /P10 a refused POST is not sent again/,
  ],
  ['P10 a client that sends nothing again', { mayReplay: () => false }, /P10 a refused GET is sent once more/],
  ['P10 a client that goes on until it is let in', { sendings: 5 }, /P10 a second refusal is handed to the caller/],
  [
    'P10 a client that takes a page of the edge for a verdict',
    { isRefused: ({ status }) => status === 401 || status === 403 },
    /P10 a 403 with HTML is no verdict/,
  ],
  [
    'P10 a client that takes an empty 401 for a verdict',
    { isRefused: ({ status }) => status === 401 },
    /P10 a 401 with nothing is no verdict/,
  ],
  [
    'P10 a client that sends a body again without its end',
    { body: ({ body }, sending) => (sending > 0 && typeof body === 'string' ? body.slice(0, 10) : body) },
    /P10 a large text is sent whole/,
  ],
  [
    'P10 a client that sends a stream again, from a copy',
    {
      mayReplay: ({ method }) => IDEMPOTENT.includes(method),
      body: ({ body }, sending) => (body instanceof ReadableStream && sending > 0 ? 'one and another' : body),
    },
    /P10 a stream is sent once/,
  ],
  [
    'P11 a client that lets the token follow a redirect',
    { send: followed },
    /P11 a redirect \(302\) to another origin/,
  ],
  ['P11 a client that sends the token anywhere', { isForeign: () => false }, /P11 another origin gets no token/],
  ['P11 a client that sends the token over plain http', { check: () => undefined }, /P11 plain http is refused/],
  [
    'P11 a client that shows the token in its errors',
    { failure: leaking },
    /P11 no secret is in what comes of a connection/,
  ],
  [
    'a client that lets the Authorization of the caller win',
    {
      headers({ headers }, { authorization }) {
        return new Headers({ authorization, ...headers })
      },
    },
    /own Authorization give way/,
  ],
  [
    'P12 a client that does not heed a signal while it waits for a token',
    { token: (session) => session.getToken() },
    /P12 an abort during the wait for a token/,
  ],
  [
    'P12 a client that ends everything at an abort',
    {
      token(session, signal) {
        signal?.addEventListener('abort', () => void session.signOut())
        return session.getToken(signal ? { signal } : {})
      },
    },
    /P12 an abort during the wait for a token/,
  ],
  [
    'P12 a client that does not heed a signal once it has sent',
    { send: (url, init) => fetch(url, { ...init, signal: null }) },
    /P12 an abort during the request/,
  ],
  [
    'a client that reads an answer whole before it hands it over',
    {
      async answer(response) {
        const { status, headers } = response
        return right.answer(new Response(await response.arrayBuffer(), { status, headers }))
      },
    },
    /a large answer is handed over while/,
  ],
]

describe('describeHttpContract()', () => {
  it('is content with a client that is right', async () => {
    expect(await failing({}, /./, PATIENCE)).toEqual([])
  })

  it.each(SABOTAGES)('%s is caught', async (_, changes, caught) => {
    expect(await failing(changes, caught, SHORT_PATIENCE)).toEqual([expect.stringMatching(caught)])
  })
})
