import { once } from 'node:events'
import {
  createSession,
  tokenRequestError,
  type Credentials,
  type Provider,
  type SessionOptions,
  type SessionStatus,
  type TokenRequestFailure,
  type TokenResponse,
  type TokenSession,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'

/** What the scripted server does with one request. */
type Reply =
  | Partial<TokenResponse>
  | TokenRequestFailure
  | 'silence'
  | ((request: ServerRequest) => Promise<TokenResponse> | TokenResponse)

export interface ServerRequest {
  readonly refreshToken: string
  readonly clientSecret: string
  readonly signal: AbortSignal
  /** Time on the server's line, epoch ms. */
  readonly at: number
}

export const failures = {
  revoked: { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Grant revoked' },
  wrongSecret: { kind: 'rejected', status: 400, description: 'Client secret mismatch' },
  suspicious: { kind: 'rejected', status: 400, oauthCode: 'invalid_request' },
  unavailable: { kind: 'server', status: 503 },
  edge: { kind: 'edge', status: 401 },
  reset: { kind: 'network' },
} as const satisfies Record<string, TokenRequestFailure>

/** A server that answers as scripted, then grants, and remembers what it was asked. */
function scriptedServer(clock: VirtualClock, lifetime = 900) {
  const script: Reply[] = []
  const requests: ServerRequest[] = []
  let standing: Reply | null = null
  let issued = 0
  let open = 0
  let peak = 0
  let probes = 0
  let reachable = true
  let hanging = false

  async function requestToken(credentials: Credentials, { signal }: { signal: AbortSignal }): Promise<TokenResponse> {
    const request: ServerRequest = {
      refreshToken: credentials.refreshToken?.reveal() ?? '',
      clientSecret: credentials.clientSecret?.reveal() ?? '',
      signal,
      at: clock.server.now(),
    }
    requests.push(request)
    open += 1
    peak = Math.max(peak, open)
    try {
      const reply = script.shift() ?? standing ?? {}
      if (reply === 'silence') {
        return await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        })
      }
      if (typeof reply === 'function') return await reply(request)
      if ('kind' in reply) throw tokenRequestError(reply)
      issued += 1
      return { accessToken: `access-${issued}`, expiresIn: lifetime, date: clock.server.now(), ...reply }
    } finally {
      open -= 1
    }
  }

  const provider: Provider = {
    issuer: 'https://server.test',
    requestToken,
    async probe({ signal }) {
      probes += 1
      if (hanging) await once(signal, 'abort')
      if (!reachable) throw new Error('no answer')
    },
  }

  return {
    provider,
    requests,
    /** These answers come next, in order. */
    next: (...replies: Reply[]) => void script.push(...replies),
    /** Every further request gets this answer; `null` grants again. */
    always: (reply: Reply | null) => void (standing = reply),
    reach: (answers: boolean) => void (reachable = answers),
    /** Probes get no answer of any kind from now on. */
    hang: () => void (hanging = true),
    get peak() {
      return peak
    },
    get probes() {
      return probes
    },
  }
}

/** A virtual clock, a scripted server, and sessions on them. */
export function createRig(options: { readonly lifetime?: number; readonly skew?: number } = {}) {
  const clock = new VirtualClock({ skew: options.skew ?? 0 })
  const server = scriptedServer(clock, options.lifetime)
  const sessions: TokenSession[] = []
  let seed = 1

  /** A small linear congruential generator: the same story in every run (P16). */
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }

  function open(more: Partial<SessionOptions> = {}): TokenSession {
    const session = createSession({
      provider: server.provider,
      credentials: { clientSecret: 'secret-1', refreshToken: 'refresh-1' },
      clock,
      random,
      ...more,
    })
    sessions.push(session)
    return session
  }

  /** A token request by the caller, settled on the virtual clock; the value or the error's code. */
  async function ask(session: TokenSession, options?: Parameters<TokenSession['getToken']>[0]): Promise<string> {
    const asked = settled(session.getToken(options))
    await clock.settle()
    return asked.result ?? 'pending'
  }

  return {
    clock,
    server,
    open,
    ask,
    /** Resolves after so many ms of virtual time. */
    wait: (ms: number) => new Promise<void>((resolve) => clock.alarm(clock.monotonic() + ms, resolve)),
    async close() {
      const ends = sessions.map((session) => session.dispose())
      await clock.advance(60_000)
      await Promise.all(ends)
    },
  }
}

/** What has become of a promise of a token, to be looked at without waiting. */
export function settled(promise: Promise<{ readonly value: string }>): { result: string | null } {
  const state: { result: string | null } = { result: null }
  promise.then(
    (token) => (state.result = token.value),
    (error: { code?: string; message: string }) => (state.result = error.code ?? error.message),
  )
  return state
}

/** The states that a session passes through from now on. */
export function trackStates(session: TokenSession): SessionStatus['state'][] {
  const states: SessionStatus['state'][] = []
  session.status$.subscribe(({ state }) => {
    if (states.at(-1) !== state) states.push(state)
  })
  return states
}
