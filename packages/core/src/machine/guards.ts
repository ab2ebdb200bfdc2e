import type { Outcome } from '../exchange/outcome.ts'
import type { ProbeOutput } from '../exchange/probe.ts'
import type { LifecycleContext } from './context.ts'
import type { ExchangeOutput } from './events.ts'

interface Arguments {
  readonly context: LifecycleContext
  readonly event: { readonly type: string }
}

/** The outcome that an event brings: from a look at the store, or from an exchange that ended. */
function outcomeOf({ event }: Arguments): Outcome | undefined {
  const { outcome, output } = event as { outcome?: Outcome; output?: ExchangeOutput }
  return outcome ?? output?.outcome
}

const timeOf = ({ event }: Arguments) => (event as { now?: number }).now ?? Number.NEGATIVE_INFINITY
const generationOf = ({ event }: Arguments) =>
  (event as { generation?: number; token?: { generation: number } }).generation ??
  (event as { token?: { generation: number } }).token?.generation ??
  0

export const broughtToken = (now: Arguments): boolean => {
  const outcome = outcomeOf(now)
  // One that was refused while it was on its way is none (P5).
  const isToken = outcome?.type === 'granted' || outcome?.type === 'adopted'
  return isToken && outcome.token.generation !== now.context.rejected
}
export const due = (now: Arguments): boolean => outcomeOf(now)?.type === 'due'
export const condemned = (now: Arguments): boolean => outcomeOf(now)?.type === 'rejected'
export const blocked = (now: Arguments): boolean => outcomeOf(now)?.type === 'blocked'
export const putOff = (now: Arguments): boolean => {
  const type = outcomeOf(now)?.type
  return type === 'transient' || type === 'deferred'
}

export const absent = (now: Arguments): boolean => outcomeOf(now)?.type === 'absent'

export const isWanted = ({ context }: Arguments): boolean => context.wanted
export const hasToken = ({ context }: Arguments): boolean => context.token !== null
export const isForced = ({ event }: Arguments): boolean => (event as { force?: boolean }).force === true
export const isForcedWithToken = (now: Arguments): boolean => isForced(now) && hasToken(now)

export const tokenDied = (now: Arguments): boolean =>
  now.context.token !== null && timeOf(now) >= now.context.token.expiresAt
export const refreshDue = (now: Arguments): boolean =>
  now.context.refreshAt !== null && timeOf(now) >= now.context.refreshAt
export const retryDue = (now: Arguments): boolean => now.context.retryAt !== null && timeOf(now) >= now.context.retryAt
export const blockEnded = (now: Arguments): boolean => now.context.until !== null && timeOf(now) >= now.context.until
export const blockEndedWithToken = (now: Arguments): boolean => blockEnded(now) && hasToken(now) && !tokenDied(now)

export const rejectsPresent = (now: Arguments): boolean =>
  now.context.token !== null && now.context.token.generation === generationOf(now)
export const rejectsPresentTooOften = (now: Arguments): boolean =>
  rejectsPresent(now) && (now.event as { retryAt?: number | null }).retryAt != null
export const isNewer = (now: Arguments): boolean => generationOf(now) > now.context.generation

const probeOf = ({ event }: Arguments) => (event as { output?: ProbeOutput }).output
export const reached = (now: Arguments): boolean => probeOf(now)?.reachable === true
export const reachedWithToken = (now: Arguments): boolean => reached(now) && hasToken(now)
