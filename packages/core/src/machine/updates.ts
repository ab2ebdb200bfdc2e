import { isEvergrantError } from '../errors.ts'
import type { Outcome, TokenGrant } from '../exchange/outcome.ts'
import type { ProbeOutput } from '../exchange/probe.ts'
import { initialContext, type LifecycleContext } from './context.ts'
import type { ExchangeInput, ExchangeOutput, LifecycleEvent, TimedFault } from './events.ts'
import { summarize } from './failure-summary.ts'
import type { FailureSummary } from './session-status.ts'

/** What an action sees: the context, and an event of ours or of an actor that ended. */
interface Moment {
  readonly context: LifecycleContext
  readonly event: LifecycleEvent | { readonly type: string; readonly output?: unknown; readonly error?: unknown }
}

type Change = Partial<LifecycleContext>

interface OutcomeEvent {
  readonly outcome?: Outcome
  readonly at?: number
  readonly force?: boolean
  readonly output?: ExchangeOutput
  readonly error?: unknown
}

const NO_WAIT = { retryAt: null, until: null, force: false, halfOpen: false } as const

/** An exchange asks with what the session knows. */
export function exchangeInput(context: LifecycleContext): ExchangeInput {
  const { generation, rejected, force, halfOpen, attempts, mandatoryAt, token } = context
  return { have: generation, rejected, force, halfOpen, attempts, mandatoryAt: token === null ? null : mandatoryAt }
}

/** A token in hand, and nothing of the trouble before it. */
function withToken({ token, refreshAt, mandatoryAt, login = null }: TokenGrant): Change {
  return {
    ...NO_WAIT,
    token,
    generation: token.generation,
    refreshAt,
    mandatoryAt,
    login,
    reason: null,
    lastFailure: null,
    attempts: 0,
    wanted: true,
  }
}

export function takeToken({ event }: Moment): Change {
  const { outcome, output } = event as OutcomeEvent
  const brought = output?.outcome ?? outcome
  if (brought?.type !== 'granted' && brought?.type !== 'adopted') return {}
  const note = brought.type === 'granted' ? brought.note : null
  if (note === null) return withToken(brought)
  const at = output?.at ?? brought.token.issuedAt
  return { ...withToken(brought), reason: 'no-progress', lastFailure: summarize(note, at) }
}

export function adopt({ event }: Moment): Change {
  return event.type === 'ADOPTED' && 'refreshAt' in event ? withToken(event) : {}
}

export function takeFailure({ context, event }: Moment): Change {
  const { outcome, output, at = 0 } = event as OutcomeEvent
  const failed = output?.outcome ?? outcome
  const when = output?.at ?? at
  switch (failed?.type) {
    case 'rejected':
      return { ...NO_WAIT, reason: failed.reason, lastFailure: summarize(failed.error, when) }
    case 'absent':
      return { ...NO_WAIT, ...dropToken(), reason: failed.reason, lastFailure: summarize(failed.error, when) }
    case 'blocked': {
      const { reason, until, retryAt, error } = failed
      const attempts = context.attempts + (error.cause === undefined ? 0 : 1)
      return { ...NO_WAIT, reason, until, retryAt, lastFailure: summarize(error, when), attempts }
    }
    case 'transient': {
      const lastFailure = summarize(failed.error, when)
      const reason = failed.error.code === 'no-progress' ? 'no-progress' : null
      return { ...NO_WAIT, reason, retryAt: failed.retryAt, lastFailure, attempts: context.attempts + 1 }
    }
    case 'deferred':
      return { ...NO_WAIT, reason: failed.reason, retryAt: failed.retryAt }
    case 'granted':
    case 'adopted':
      // Refused while it was on its way.
      return { ...NO_WAIT, reason: 'no-progress', retryAt: failed.refreshAt }
    case 'due':
    case undefined:
      return {}
  }
}

/** How long a fault of our own, which should not be, makes the session wait. */
const FAULT_PAUSE = 30_000

export function takeFault({ context, event }: Moment): Change {
  const { error } = event as OutcomeEvent
  const { at, summary } = faultOf(error)
  return { ...NO_WAIT, retryAt: at + FAULT_PAUSE, lastFailure: summary, attempts: context.attempts + 1 }
}

function faultOf(error: unknown): { at: number; summary: FailureSummary | null } {
  const fault = error as Partial<TimedFault> | undefined
  if (typeof fault?.at !== 'number' || !isEvergrantError(fault.error)) return { at: 0, summary: null }
  return { at: fault.at, summary: summarize(fault.error, fault.at) }
}

export function takeProbe({ context, event }: Moment): Change {
  const { output } = event as { output?: ProbeOutput }
  return output === undefined ? {} : { retryAt: output.retryAt, until: output.until ?? context.until }
}

export const takeProbeFault = ({ context }: Moment): Change => ({ retryAt: context.until })

export const want = (moment: Moment): Change => ({ wanted: true, ...takeForce(moment) })
export const takeForce = ({ event }: Moment): Change => ({ force: (event as OutcomeEvent).force === true })
export const halfOpen = (): Change => ({ halfOpen: true, retryAt: null, until: null, reason: null })
export const unblock = (): Change => ({ retryAt: null, until: null, reason: null })
export const comeOfAge = (): Change => ({ rejections: 0 })
export const dropToken = (): Change => ({ token: null, refreshAt: null, mandatoryAt: null })

export function dropDeadToken({ context, event }: Moment): Change {
  const now = event.type === 'TIME' && 'now' in event ? event.now : Number.NEGATIVE_INFINITY
  return context.token !== null && now >= context.token.expiresAt ? dropToken() : {}
}

export function reject({ context, event }: Moment): Change {
  const { generation, retryAt } = event as { generation?: number; retryAt?: number | null }
  const wait = retryAt == null ? {} : { retryAt }
  return { ...dropToken(), ...wait, rejected: generation ?? 0, rejections: context.rejections + 1 }
}

/** What is planned already stands: the time of a retry or a probe, or that there is none. */
export const rejectWhileWaiting = (moment: Moment): Change => ({ ...reject(moment), retryAt: moment.context.retryAt })

export const renewCredentials = ({ context }: Moment): Change => ({
  ...initialContext,
  generation: context.generation,
  wanted: context.wanted,
})

/** The block is on the address or the issuer, so new credentials wait for its end too. */
export const renewCredentialsWhileBlocked = ({ context }: Moment): Change => ({
  ...dropToken(),
  rejected: 0,
  rejections: 0,
  generation: context.generation,
})

export const signOut = ({ context }: Moment): Change => ({
  ...initialContext,
  generation: context.generation,
  reason: 'signed-out',
})
