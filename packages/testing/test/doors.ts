import { fakeTastytrade, VirtualClock, type FakeTastytrade, type FakeTastytradeOptions } from '@evergrant/testing'

/** The two ways in. What the fake does must be the same through both. */
export const DOORS = ['fetch handler', 'loopback listener'] as const
export type Door = (typeof DOORS)[number]

interface TokenRequest {
  readonly refreshToken?: string
  readonly clientSecret?: string
  /** More members of the body, or others. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly form?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly redirect?: RequestRedirect
}

/** A fake on a virtual clock, and a client in front of one of its doors. */
export interface Scene extends AsyncDisposable {
  readonly fake: FakeTastytrade
  readonly clock: VirtualClock
  readonly base: string
  /** Sends a request with a proper User-Agent. */
  send(path: string, init?: RequestInit): Promise<Response>
  /** Asks for an access token, with the ready-made credentials unless told otherwise. */
  askToken(request?: TokenRequest): Promise<Response>
  /** The same, read: status, headers, JSON. */
  grantOf(request?: TokenRequest): Promise<Answer>
  /** Calls the API with a token; fetches one if none is given. */
  api(path: string, token?: string, init?: RequestInit): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

export async function openScene(door: Door, options: FakeTastytradeOptions = {}): Promise<Scene> {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock, ...options })
  const listener = door === 'loopback listener' ? await fake.listen() : null
  const base = listener?.url ?? 'https://api.invalid'
  const doorway = listener === null ? fake.fetch : globalThis.fetch

  function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('user-agent')) headers.set('user-agent', 'scene/1.0')
    return doorway(`${base}${path}`, { ...init, headers })
  }

  function askToken(request: TokenRequest = {}): Promise<Response> {
    const { refreshToken = fake.credentials.refreshToken, clientSecret = fake.credentials.clientSecret } = request
    const members = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_secret: clientSecret,
      ...request.body,
    }
    const type = request.form === true ? 'application/x-www-form-urlencoded' : 'application/json'
    return send('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': type, ...request.headers },
      body: request.form === true ? new URLSearchParams(members).toString() : JSON.stringify(members),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.redirect === undefined ? {} : { redirect: request.redirect }),
    })
  }

  async function grantOf(request?: TokenRequest): Promise<Answer> {
    return read(await askToken(request))
  }

  return {
    fake,
    clock,
    base,
    send,
    askToken,
    grantOf,
    async api(path, token, init) {
      const bearer = token ?? String((await grantOf()).json['access_token'])
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${bearer}`)
      return read(await send(path, { ...init, headers }))
    },
    async [Symbol.asyncDispose]() {
      await listener?.close()
    },
  }
}

export async function read(response: Response): Promise<Answer> {
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Readonly<Record<string, unknown>>,
  }
}

/** The members of a JWT's header or payload. */
export function partOf(token: unknown, part: 0 | 1): Readonly<Record<string, unknown>> {
  const text = String(token).split('.')[part] ?? ''
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Readonly<Record<string, unknown>>
}

export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not reject.')
}
