import { accessToken, type AccessToken } from '@evergrant/core'
import type { BearerSession } from '../../src/bearer/options.ts'

/** A session as HTTP adapters see it, with its renewals in the test's hands. */
export interface FakeSession extends BearerSession {
  readonly token: AccessToken | null
  /** Generations as reported, late and double ones too. */
  readonly reports: readonly number[]
  /** Generations that the session took a report for: at most one each (P10). */
  readonly renewals: readonly number[]
  /** Callers that wait for a token now. */
  readonly waiting: number
  /** The bound of each wait, as it was asked for. */
  readonly waits: readonly (number | undefined)[]
  /** A new token comes. */
  renew(): void
  /** The renewal ends for good. */
  fail(error: Error): void
  /** Resolves once `callers` wait. */
  untilWaiting(callers: number): Promise<void>
}

export interface FakeSessionOptions {
  readonly apiBaseUrl?: string
  /** Where the API of each generation lives, for a server that says it with the token. */
  readonly movesTo?: (generation: number) => string
  /** False leaves the session without a token at first. Default true. */
  readonly signedIn?: boolean
  /** True brings the next token by itself. Default true. */
  readonly renews?: boolean
  readonly value?: (generation: number) => string
}

interface Waiter {
  readonly resolve: (token: AccessToken) => void
  readonly reject: (error: unknown) => void
}

export function fakeSession(options: FakeSessionOptions = {}): FakeSession {
  const { apiBaseUrl, movesTo, signedIn = true, renews = true, value = (generation) => `token-${generation}` } = options
  const reports: number[] = []
  const renewals: number[] = []
  const waits: (number | undefined)[] = []
  const waiters = new Set<Waiter>()
  const watchers = new Set<() => void>()
  let generation = 0
  let present: AccessToken | null = null

  function issue(): void {
    generation += 1
    const place = movesTo?.(generation) ?? null
    present = accessToken({
      value: value(generation),
      generation,
      issuedAt: 0,
      expiresAt: 900_000,
      apiBaseUrl: place,
    })
    for (const { resolve } of waiters) resolve(present)
    waiters.clear()
  }
  if (signedIn) issue()

  return {
    provider: apiBaseUrl === undefined ? {} : { apiBaseUrl },
    get token() {
      return present
    },
    get waiting() {
      return waiters.size
    },
    reports,
    renewals,
    waits,
    renew: issue,
    fail(error) {
      for (const { reject } of waiters) reject(error)
      waiters.clear()
    },
    untilWaiting(callers) {
      return new Promise((resolve) => {
        const look = () => {
          if (waiters.size < callers) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      })
    },
    peekToken: () => present,
    getToken({ signal, maxWait } = {}) {
      waits.push(maxWait)
      if (signal?.aborted) return Promise.reject(signal.reason as Error)
      if (present !== null) return Promise.resolve(present)
      return new Promise((resolve, reject) => {
        const waiter = { resolve, reject }
        waiters.add(waiter)
        signal?.addEventListener('abort', () => {
          waiters.delete(waiter)
          reject(signal.reason as Error)
        })
        for (const look of watchers) look()
      })
    },
    reportRejected(token) {
      reports.push(token.generation)
      if (token.generation !== present?.generation) return
      renewals.push(token.generation)
      present = null
      if (renews) queueMicrotask(issue)
    },
  }
}
