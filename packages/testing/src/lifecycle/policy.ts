import type { Policy } from '@evergrant/core'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Seconds that a token of the server lives, so that the order of what falls due is always the same. */
export const TOKEN_LIFETIME = 3_600

/**
 * The policy that the paths are walked with. Its counts are small, which keeps the paths short; its times are such that
 * a token never outlives a block, and that a failed login is remembered until the clock says otherwise.
 */
export const LIFECYCLE_POLICY = {
  requestTimeout: 15 * SECOND,
  silencesAfterFailedLogin: 1,
  silencesAlone: 2,
  edgeRefusals: 2,
  loginBudget: 2,
  loginBudgetWindow: 30 * DAY,
  failedLoginMemory: 30 * DAY,
  blockDuration: 4 * HOUR,
  probeAfter: [MINUTE, 2 * HOUR],
  probeInterval: 10 * DAY,
} as const satisfies Partial<Policy>
