import {
  createSessionPool,
  tokenRequestError,
  type Credentials,
  type Provider,
  type SessionPool,
  type SessionPoolOptions,
  type TokenRequestFailure,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Room for as many failed logins as there are accounts, for tests that are not about the budget. */
export const ROOMY = { loginBudget: 1_000 } as const

export const REVOKED: TokenRequestFailure = { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }

export interface PoolRequest {
  /** Of the account that asks: each has one of its own. */
  readonly refreshToken: string
  /** Epoch ms. */
  readonly at: number
}

/** A server that takes its time, and answers each account as it is told. */
function slowServer(clock: VirtualClock, latency: number, lifetime: number) {
  const requests: PoolRequest[] = []
  const failing = new Map<string, TokenRequestFailure>()
  let everybody: TokenRequestFailure | 'silence' | null = null
  let reachable = true
  let probes = 0
  let open = 0
  let peak = 0
  let issued = 0

  const pass = (ms: number) =>
    new Promise<void>((resolve) => clock.server.alarm(clock.server.monotonic() + ms, resolve))

  async function answer(refreshToken: string, signal: AbortSignal) {
    if (everybody === 'silence') {
      return new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    }
    await pass(latency)
    const failure = everybody ?? failing.get(refreshToken)
    if (failure !== undefined) throw tokenRequestError(failure)
    issued += 1
    return { accessToken: `access-${issued} of ${refreshToken}`, expiresIn: lifetime / SECOND }
  }

  const provider: Provider = {
    issuer: 'https://server.test',
    async requestToken({ refreshToken }: Credentials, { signal }) {
      const name = refreshToken?.reveal() ?? ''
      requests.push({ refreshToken: name, at: clock.server.now() })
      open += 1
      peak = Math.max(peak, open)
      try {
        return await answer(name, signal)
      } finally {
        open -= 1
      }
    },
    async probe() {
      probes += 1
      await pass(latency)
      if (!reachable) throw new Error('no answer')
    },
  }

  return {
    provider,
    requests,
    /** What this account is answered from now on; `null` grants again. */
    fail(account: string, failure: TokenRequestFailure | null) {
      if (failure === null) failing.delete(`refresh of ${account}`)
      else failing.set(`refresh of ${account}`, failure)
    },
    /** The same for all. */
    failAll: (failure: TokenRequestFailure | 'silence' | null) => void (everybody = failure),
    reach: (answers: boolean) => void (reachable = answers),
    of: (account: string) => requests.filter(({ refreshToken }) => refreshToken === `refresh of ${account}`),
    get peak() {
      return peak
    },
    get probes() {
      return probes
    },
  }
}

interface RigOptions {
  /** Ms that the server takes for an answer. */
  readonly latency?: number
  /** Ms that its tokens live. */
  readonly lifetime?: number
}

/** A virtual clock, a server, and pools on them. */
export function createPoolRig({ latency = 100, lifetime = 15 * MINUTE }: RigOptions = {}) {
  const clock = new VirtualClock()
  const server = slowServer(clock, latency, lifetime)
  const pools: SessionPool[] = []
  let seed = 1

  /** A small linear congruential generator: the same story in every run (P16). */
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }

  return {
    clock,
    server,
    open(more: Partial<SessionPoolOptions> = {}): SessionPool {
      const credentials = (account: string) => ({ clientSecret: 's', refreshToken: `refresh of ${account}` })
      const pool = createSessionPool({ provider: server.provider, credentials, clock, random, ...more })
      pools.push(pool)
      return pool
    },
    async close() {
      const ends = pools.map((pool) => pool.dispose())
      await clock.advance(MINUTE)
      await Promise.all(ends)
    },
  }
}

export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `account-${index}`)

/** What has become of promises of tokens, in the order in which they settled: the account, or its account and the error's code. */
export function watchAll(
  pool: SessionPool,
  accounts: readonly string[],
  options?: { readonly maxWait?: number },
): string[] {
  const settled: string[] = []
  for (const account of accounts) {
    pool
      .session(account)
      .getToken(options)
      .then(
        () => settled.push(account),
        (error: { code?: string; message: string }) => settled.push(`${account}: ${error.code ?? error.message}`),
      )
  }
  return settled
}
