import type { Policy } from '@evergrant/core'

/** Seconds that an access token lives, in place of tastytrade's 15 minutes. */
export const LIFETIME = 9

/** The server's clock is this far ahead of this machine's, in ms. Nothing must come of it. */
export const SERVER_AHEAD = 2 * 3_600_000

/** Ms between two rounds of the bot, and how many accounts it asks for in each. */
export const ROUND = 250
export const ACCOUNTS = 3

/** Ms that one request of the bot may take, the wait for a token included. */
export const PATIENCE = 4_000

/** Seconds of the `Retry-After`. */
export const RETRY_AFTER = 1

/** The default policy, with an hour of a block made 3.6 s, and its minutes of backing off made seconds. */
export const PACE: Partial<Policy> = {
  backoffBase: 300,
  backoffCap: 1_000,
  requestTimeout: 1_000,
  silencesAlone: 3,
  blockDuration: 28_800,
  probeAfter: [900, 1_800, 3_600],
  probeInterval: 3_600,
}

/** From a half to one, so that no pause is so short that an act rushes by. */
export const jitter = (): number => 0.5 + Math.random() / 2
