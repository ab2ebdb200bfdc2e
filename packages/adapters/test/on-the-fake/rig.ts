import { createTastytrade, type CreateTastytradeOptions, type TastytradeClient } from '@evergrant/adapters/tastytrade'
import { fakeTastytrade, VirtualClock, type FakeTastytradeOptions } from '@evergrant/testing'

/** A fake tastytrade on a virtual clock, and clients of it. */
export function createRig(options: FakeTastytradeOptions & { readonly skew?: number } = {}) {
  const { skew = 0, ...fakeOptions } = options
  const clock = new VirtualClock({ skew })
  const fake = fakeTastytrade({ clock: clock.server, ...fakeOptions })
  const clients: TastytradeClient[] = []
  const { clientSecret, refreshToken } = fake.credentials

  return {
    clock,
    fake,
    open(more: CreateTastytradeOptions = {}): TastytradeClient {
      const client = createTastytrade({
        baseUrl: 'https://fake.test',
        fetch: fake.fetch,
        credentials: { clientSecret, refreshToken },
        clock,
        ...more,
      })
      clients.push(client)
      return client
    },
    async close() {
      const ends = clients.map((client) => client.session.dispose())
      await clock.advance(60_000)
      await Promise.all(ends)
    },
  }
}

/** What became of a call, and how long it took on the virtual clock. */
export interface Call {
  outcome: string | null
  took: number
}

/** Starts a call and follows it without waiting for it. */
export function follow(clock: VirtualClock, start: () => Promise<unknown>): Call {
  const call: Call = { outcome: null, took: 0 }
  const began = clock.time
  const end = (outcome: string) => {
    call.outcome = outcome
    call.took = clock.time - began
  }
  start().then(
    () => end('ok'),
    (error: { code?: string; name: string }) => end(error.code ?? error.name),
  )
  return call
}
