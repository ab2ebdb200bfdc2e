import { secret, type Secret } from '@evergrant/core'
import { withTimeLimit } from '../time/time-limit.ts'
import type { TastytradeLegacySettings } from './options.ts'

/** What a person, or a program in their place, needs to know to give a code. */
export interface SecondFactorRequest {
  /** User name of the account. */
  readonly login: string
  /** `device`: the server has just sent a code, since it does not know this device. `login`: any login needs one. */
  readonly reason: 'device' | 'login'
  /** Aborts when the code is no longer wanted. */
  readonly signal: AbortSignal
}

/** Resolves to the code. What it throws is not passed on: the login is put off as one that nobody confirmed. */
export type SecondFactor = (request: SecondFactorRequest) => Promise<string | Secret>

// What a header can carry.
const CODE = /^[\x21-\x7e]{1,64}$/

/** The code; `null` if none came in time, or none that could be sent. Rejects only with the reason of `signal`. */
export async function askSecondFactor(
  settings: TastytradeLegacySettings,
  question: Pick<SecondFactorRequest, 'login' | 'reason'>,
  signal: AbortSignal,
): Promise<Secret | null> {
  const { clock, secondFactor, secondFactorTimeout: ms } = settings
  if (secondFactor === undefined) return null
  try {
    const answer = await withTimeLimit({ clock, ms, signal }, (bound) => secondFactor({ ...question, signal: bound }))
    const code = secret(typeof answer === 'string' ? answer.trim() : answer)
    return CODE.test(code.reveal()) ? code : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}
