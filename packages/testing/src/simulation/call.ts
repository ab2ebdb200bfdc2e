import type { AccessToken } from '@evergrant/core'
import type { SimulatedSession } from './simulated-session.ts'

/** One `getToken()`, from the caller's side. Times in ms since the beginning. */
export interface Call {
  readonly by: SimulatedSession
  readonly askedAt: number
  /** Ms after which it must have been answered. */
  readonly bound: number
  /** The token that was there when it was asked, if it would do. */
  readonly present: AccessToken | null
  /** `null` while it waits; a code, or `ok`. */
  outcome: string | null
}

export interface CallWishes {
  readonly maxWait: number | null
  readonly minTtl: number
  /** Ms after which the caller leaves; `null` if it stays. */
  readonly leaveAfter: number | null
}

/** What a session waits at most if nobody says, in ms: the `maxWait` of the default policy. */
const USUAL_WAIT = 30_000

export interface CallEars {
  readonly asked: (call: Call) => void
  readonly told: (call: Call, token: AccessToken | null) => void
  readonly overdue: (call: Call) => void
}

/** Asks a session for a token, and sees to it that the answer comes in time. */
export function ask(by: SimulatedSession, elapsed: () => number, wishes: CallWishes, ears: CallEars): void {
  const { session, process } = by
  const { maxWait, minTtl, leaveAfter } = wishes
  const here = session.peekToken()
  const lives = here !== null && here.expiresAt - process.clock.now() >= minTtl && minTtl === 0
  const bound = maxWait ?? USUAL_WAIT
  const call: Call = { by, askedAt: elapsed(), bound, present: lives ? here : null, outcome: null }
  const leaving = leaveAfter === null ? null : new AbortController()
  // A moment later than the bound, so that what is due at the bound itself has happened.
  const overdue = process.after(bound + 1, () => ears.overdue(call))
  const end = (outcome: string, token: AccessToken | null): void => {
    call.outcome = outcome
    overdue[Symbol.dispose]()
    ears.told(call, token)
  }
  session
    .getToken({
      ...(maxWait === null ? {} : { maxWait }),
      ...(minTtl === 0 ? {} : { minTtl }),
      ...(leaving === null ? {} : { signal: leaving.signal }),
    })
    .then(
      (token) => end('ok', token),
      (error: { readonly code?: string; readonly name: string }) => end(error.code ?? error.name, null),
    )
  if (leaving !== null) process.after(leaveAfter ?? 0, () => leaving.abort())
  ears.asked(call)
}
