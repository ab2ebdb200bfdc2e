import { expect } from 'vitest'
import type { Family } from './family.ts'

export interface LifetimesOptions {
  /** How many; one is the life of one access token, from its issue to that of the next. */
  readonly lifetimes: number
  /** After so many, a token is slept through; the others are renewed ahead of their expiry. */
  readonly sleepEvery: number
  /** Reads what is stored of the grant, as one more on the same store. */
  readonly read: () => Promise<unknown>
  /** What happens while nothing is under way, before they live on to this generation. Default nothing. */
  readonly before?: (generation: number) => Promise<void>
}

const MINUTE = 60_000
/** Tokens live for 15 minutes: by the tenth, all siblings have a refresh due. */
const REFRESH_DUE = 10 * MINUTE
const PAST_EXPIRY = 16 * MINUTE

/** Fails unless the grant is spent once in each lifetime, no caller fails, and they end well. */
export async function expectToLive(family: Family, options: LifetimesOptions): Promise<void> {
  const { lifetimes, sleepEvery, read, before } = options
  const { fake } = family
  for (let generation = 1; generation <= lifetimes; generation += 1) {
    await before?.(generation)
    const ahead = generation % sleepEvery === 0 ? PAST_EXPIRY : REFRESH_DUE
    // The first token is not there yet.
    const pass = generation === 1 ? 0 : ahead
    expect(await family.live({ pass, callers: 2, generation })).toEqual(family.allWellAt(generation))
    expect(fake.tokenRequests).toBe(generation)
  }
  expect(fake.failedLogins).toBe(0)
  expect([...fake.spent.values()]).toEqual(Array.from({ length: lifetimes }, () => ({ sent: 1, open: 0, peakOpen: 1 })))
  expect(await read()).toMatchObject({
    value: { generation: lifetimes, credentials: { refreshToken: fake.currentRefreshToken() }, journal: null },
  })
  expect(new Set(await family.dismiss())).toEqual(new Set([0]))
}
