import {
  createSession,
  tokenRequestError,
  type AccessToken,
  type Provider,
  type TokenRequestFailure,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { expect, it } from 'vitest'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const DAYS = 30
const LIFETIME = 15 * MINUTE
/** A third of the lifetime ahead of its end, and half of the jitter. */
const BETWEEN_REFRESHES = 585_000
/** The machine is awake for so long, then asleep for the rest of the day. */
const AWAKE = 16 * HOUR

/** How the n-th token request fails, if it does, and the ms until it is tried again. Never two in a row. */
function failureOf(request: number): { readonly failure: TokenRequestFailure; readonly pause: number } | null {
  if (request % 50 === 0) return { failure: { kind: 'server', status: 503 }, pause: 500 }
  if (request % 50 === 25) {
    return { failure: { kind: 'rate-limited', status: 429, retryAfter: 20_000 }, pause: 20_000 }
  }
  return null
}

/** When requests are due, reckoned without a session: ms from the first one. */
function dueTimes(): readonly number[] {
  const times: number[] = []
  for (let at = 0; at < DAYS * DAY;) {
    times.push(at)
    at += failureOf(times.length)?.pause ?? BETWEEN_REFRESHES
    if (at % DAY > AWAKE) at += DAY - (at % DAY) // what comes due in sleep is made up for on waking
  }
  return times
}

function createServer(clock: VirtualClock) {
  const times: number[] = []
  const start = clock.time
  const provider: Provider = {
    issuer: 'https://issuer.invalid',
    async requestToken() {
      times.push(clock.time - start)
      const failed = failureOf(times.length)
      if (failed !== null) throw tokenRequestError(failed.failure)
      return { accessToken: `${clock.time + LIFETIME}`, expiresIn: LIFETIME / 1_000, date: clock.time }
    },
  }
  return { provider, times }
}

it('P15 a month of a bot: every request at its time, over sleep, failures and a clock that is set', async () => {
  const clock = new VirtualClock()
  const { provider, times } = createServer(clock)
  const credentials = { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' }
  const session = createSession({ provider, credentials, clock, random: () => 0.5 })
  const calls: Promise<boolean>[] = []
  // It is the server that says when a token dies.
  const lives = (token: AccessToken) => Number(token.value) > clock.time

  for (let day = 0; day < DAYS; day += 1) {
    if (day % 7 === 3) clock.setBack(2 * HOUR)
    if (day % 7 === 5) clock.setForward(3 * HOUR)
    for (let awake = 0; awake < AWAKE; awake += 5 * MINUTE) {
      calls.push(session.getToken().then(lives))
      await clock.advance(5 * MINUTE)
    }
    clock.sleep(DAY - AWAKE)
  }
  expect(calls).toHaveLength(DAYS * 192)
  expect(new Set(await Promise.all(calls))).toEqual(new Set([true]))
  expect(times).toEqual(dueTimes())
  expect(times.length).toBeGreaterThan(2_900)
  expect(session.getSnapshot().generation).toBe(times.filter((_, index) => failureOf(index + 1) === null).length)

  await session.dispose()
  expect(clock.pending).toBe(0)
}, 60_000)
