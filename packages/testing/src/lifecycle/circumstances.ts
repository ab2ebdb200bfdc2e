import { LIFECYCLE_POLICY } from './policy.ts'
import type { LifecycleSituation } from './situation.ts'

type Circumstance = (now: { readonly context: LifecycleSituation }) => boolean

const { loginBudget, probeAfter } = LIFECYCLE_POLICY

export const isWatching: Circumstance = ({ context }) => context.watching
export const isWanted: Circumstance = ({ context }) => context.wanted
export const isSignedOut: Circumstance = ({ context }) => context.reason === 'signed-out'
export const hasNoCredentials: Circumstance = ({ context }) => !context.credentials
export const isStored: Circumstance = ({ context }) => context.stored

export const hasToken: Circumstance = ({ context }) => context.token
export const isEarly: Circumstance = ({ context }) => context.early
export const isClosing: Circumstance = ({ context }) => context.closing
export const isNotClosing: Circumstance = ({ context }) => !context.closing
export const refusedYoung: Circumstance = ({ context }) => context.refusedYoung

export const knownDead: Circumstance = ({ context }) => context.dead !== null && !context.insisted
export const budgetSpent: Circumstance = ({ context }) => context.failedLogins >= loginBudget
export const blockRests: Circumstance = ({ context }) => context.block === 'resting'
export const probeOverdue: Circumstance = ({ context }) => context.block === 'due'
/** The floor, which is looked at after the budget. */
export const tooSoon: Circumstance = (now) => now.context.early && !budgetSpent(now)
export const tooSoonWithToken: Circumstance = (now) => tooSoon(now) && now.context.token

/** The second in a row, one after a failed login, or one where a block was to end. */
export const oneSilenceTooMany: Circumstance = ({ context }) =>
  context.block !== null || context.failedLogins > 0 || context.strike === 'silence'
export const oneRefusalTooMany: Circumstance = ({ context }) => context.block !== null || context.strike === 'refusal'

/** A probe comes before the end of the token, or the token is dead. The budget is not probed. */
export const probeComes: Circumstance = ({ context }) =>
  context.reason !== 'login-budget-spent' &&
  context.probes < probeAfter.length &&
  !(context.token && (context.closing || context.probes > 0))
/** The token ends before anything else is due. */
export const tokenEndsFirst: Circumstance = (now) => now.context.token && !probeComes(now)

/** A sibling would send its own request, and get an answer. */
export const siblingMayFetch: Circumstance = (now) =>
  now.context.credentials && !now.context.early && !budgetSpent(now) && now.context.block === null
/** The same, before this session has looked into the store at all. */
export const siblingMayStore: Circumstance = (now) =>
  siblingMayFetch(now) && !now.context.watching && !now.context.stored
