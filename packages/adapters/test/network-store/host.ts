import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { isEvergrantError, type ErrorCode, type Policy, type TokenSession, type TokenStore } from '@evergrant/core'
import type { FakeTastytrade } from '@evergrant/testing'
import { createMoment } from './moment.ts'
import { openStore, type NetworkStore, type Opening } from './place.ts'

/** A host that runs one session, on a store of its own. */
export interface Host extends AsyncDisposable {
  readonly session: TokenSession
  readonly store: NetworkStore
  /** Why writes were refused or failed, in order. */
  readonly refusals: readonly ErrorCode[]
  /** Resolves with the next write that is refused or fails. */
  nextRefusal(): Promise<ErrorCode>
}

/** Where a host holds its token request: before it reaches the server, or when it has been answered. */
export interface Gate {
  readonly hold: 'request' | 'answer'
  /** Resolves once a request is held. */
  readonly reached: Promise<void>
  /** Lets it go on, and all that come later. */
  open(): void
  /** For the host. */
  pass(): Promise<void>
}

export function createGate(hold: Gate['hold']): Gate {
  const reached = createMoment()
  const opened = createMoment()
  return {
    hold,
    reached: reached.promise,
    open: opened.come,
    async pass() {
      reached.come()
      await opened.promise
    },
  }
}

export interface HostOptions {
  readonly fake: FakeTastytrade
  readonly gate?: Gate
  readonly policy?: Partial<Policy>
}

export async function openHost(opening: Opening, { fake, gate, policy }: HostOptions): Promise<Host> {
  const refusals: ErrorCode[] = []
  let next = createMoment<ErrorCode>()
  const store = await openStore(opening)

  async function noted<T>(change: Promise<T>): Promise<T> {
    try {
      return await change
    } catch (error) {
      if (isEvergrantError(error)) {
        refusals.push(error.code)
        next.come(error.code)
        next = createMoment()
      }
      throw error
    }
  }

  const heard: TokenStore = { ...store, write: (key, value, options) => noted(store.write(key, value, options)) }
  const { clientSecret, refreshToken } = fake.credentials
  const { session } = createTastytrade({
    baseUrl: 'https://fake.test',
    async fetch(input, init) {
      if (gate?.hold === 'request') await gate.pass()
      const response = await fake.fetch(input, init)
      if (gate?.hold === 'answer') await gate.pass()
      return response
    },
    store: heard,
    sharing: 'network',
    credentials: { clientSecret, refreshToken },
    policy: { floor: 0, maxWait: 60_000, leaseWait: 60_000, requestTimeout: 60_000, ...policy },
  })
  return {
    session,
    store,
    refusals,
    nextRefusal: () => next.promise,
    async [Symbol.asyncDispose]() {
      await session.dispose()
      await store.dispose()
    },
  }
}
