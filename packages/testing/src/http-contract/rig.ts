import { createSession, systemClock, type TokenSession } from '@evergrant/core'
import { plantCanaries, type Canaries } from '../canaries/canaries.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { openApiServer, type Answering, type ApiServer } from './api-server.ts'
import type { HttpAbilities, HttpAnswer, HttpCall, HttpClient, HttpClientOptions, HttpSubject } from './subject.ts'
import { createTokenDesk, type TokenDesk } from './token-desk.ts'

/** A client whose calls end, if only because patience does. */
interface Watched {
  readonly call: (call: HttpCall) => Promise<HttpAnswer>
  readonly raw: (call: HttpCall) => Promise<unknown>
}

/** Everything of one case: an API on loopback, a real session on virtual time, and the client under test. */
export interface HttpRig {
  readonly abilities: Required<Omit<HttpAbilities, 'isAbort'>> & Pick<HttpAbilities, 'isAbort'>
  readonly clock: VirtualClock
  readonly canaries: Canaries
  readonly api: ApiServer
  readonly desk: TokenDesk
  readonly session: TokenSession
  /** How the API answers. Default: 200 to any token. */
  answer: Answering
  /** Another server, with an origin of its own; closed after the case. */
  readonly openServer: (answer: Answering) => Promise<ApiServer>
  /** A client of the subject; disposed of after the case. */
  readonly createClient: (options?: HttpClientOptions, session?: TokenSession) => Promise<Watched>
  /** A call through a client without options. A path is one of the API. */
  readonly call: (call: Partial<HttpCall>) => Promise<HttpAnswer>
  /** Waits for a promise; fails when patience ends. */
  readonly soon: <T>(what: string, promise: Promise<T>) => Promise<T>
  /** The same for a condition, which a server or the desk brings about. */
  readonly until: (what: string, condition: () => boolean) => Promise<void>
}

/** What a case waited for did not happen: no failure of the call, but of the case. */
export class OutOfPatienceError extends Error {
  override readonly name = 'OutOfPatienceError'
}

export interface RigOptions {
  /** False for a provider that does not say where its API is. Default true. */
  readonly apiBaseUrl?: boolean
}

export async function withRig(
  subject: HttpSubject,
  patience: number,
  options: RigOptions,
  body: (rig: HttpRig) => Promise<void>,
): Promise<void> {
  const endings: (() => unknown)[] = []
  const clock = new VirtualClock()
  const canaries = plantCanaries()
  const looks = new Set<() => void>()
  const lookAgain = (): void => {
    for (const look of looks) look()
  }

  async function openServer(answer: Answering): Promise<ApiServer> {
    const server = await openApiServer(answer)
    endings.push(() => server[Symbol.asyncDispose]())
    server.watch(lookAgain)
    return server
  }

  const api = await openServer((request) => rig.answer(request))
  const desk = createTokenDesk(options.apiBaseUrl === false ? undefined : api.url, canaries, lookAgain)
  const session = createSession({
    provider: desk.provider,
    credentials: { clientSecret: canaries.plant('client secret'), refreshToken: canaries.plant('refresh token') },
    clock,
    // Refreshes follow each other at once, and begin at one time.
    policy: { floor: 0, leadJitter: 0 },
    random: () => 0.5,
  })
  endings.push(() => {
    for (const request of desk.requests) request.grant()
    return session.dispose()
  })
  let plain: Promise<Watched> | undefined

  async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
    let alarm: Disposable | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new OutOfPatienceError(`It took longer than ${patience} ms: ${what}`)
      alarm = systemClock.alarm(systemClock.monotonic() + patience, () => reject(error), { hold: true })
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      alarm?.[Symbol.dispose]()
    }
  }

  async function until(what: string, condition: () => boolean): Promise<void> {
    let look = (): void => undefined
    const held = new Promise<void>((resolve) => {
      look = () => {
        if (condition()) resolve()
      }
    })
    looks.add(look)
    look()
    await soon(what, held).finally(() => looks.delete(look))
  }

  async function createClient(clientOptions: HttpClientOptions = {}, of = session): Promise<Watched> {
    const client = await subject.client(of, clientOptions)
    endings.push(() => client.dispose?.())
    return bounded(client, soon)
  }

  const rig: HttpRig = {
    abilities: { redirects: true, streams: 'once', foreign: 'refused', timeLimit: true, ...subject.abilities },
    clock,
    canaries,
    api,
    desk,
    session,
    answer: ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'),
    openServer,
    createClient,
    call({ method = 'GET', url = '/thing', ...rest }) {
      const whole = { method, url: url.startsWith('/') ? `${api.url}${url}` : url, ...rest }
      plain ??= createClient()
      return unwatched(plain.then((client) => client.call(whole)))
    },
    soon,
    until,
  }
  try {
    await body(rig)
  } finally {
    for (const end of endings.toReversed()) await end()
  }
}

/** So that a call that never ends fails its case, and says which it was. */
function bounded(client: HttpClient, soon: HttpRig['soon']): Watched {
  const name = ({ method, url }: HttpCall): string => `${method} ${url}`
  const raw = (call: HttpCall): Promise<unknown> => (client.raw === undefined ? client.call(call) : client.raw(call))
  return {
    call: (call) => unwatched(soon(name(call), client.call(call))),
    raw: (call) => unwatched(soon(name(call), raw(call))),
  }
}

/** A case that has failed leaves calls behind, and nobody awaits them then. */
function unwatched<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined)
  return call
}
