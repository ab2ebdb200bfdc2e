import { EvergrantError, isEvergrantError, type ErrorCode } from '@evergrant/core'
import type { Prompts } from '../terminal/prompts.ts'
import type { LoginTarget } from './complete-login.ts'
import { explainFailure } from './explain-failure.ts'
import type { Explanation } from './explanation.ts'

/** What another try does not mend: time has to pass, or something beside the login has to be put right. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'ip-block-suspected',
  'login-budget-spent',
  'lease-timeout',
  'record-corrupt',
  'record-from-future',
  'store-conflict',
  'store-corrupt',
  'store-insecure',
  'store-unavailable',
  'store-sharing',
])

/** Repeats a step for as long as it fails and the person wants to. Rejects with the last failure, in plain words. */
export async function tryAgain<T>(
  { tell, environment, clock }: LoginTarget,
  prompts: Prompts | null,
  step: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!isEvergrantError(error)) throw error
      const explanation = explainFailure(error, { environment, now: clock.now() })
      if (prompts === null || FINAL.has(error.code)) throw inPlainWords(error, explanation)
      tell.trouble(explanation)
      const next = await prompts.choose('Go on?', [
        { value: 'again', label: 'Try again' },
        { value: 'stop', label: 'Stop', hint: 'nothing was changed' },
      ])
      if (next === 'stop') throw inPlainWords(error, explanation)
    }
  }
}

/** The same error, for a person: its code still says how a program ends. */
export function inPlainWords(error: EvergrantError, { what, why, next }: Explanation): EvergrantError {
  const { code, details, cause } = error
  return new EvergrantError(code, { message: what, help: [why, ...next].join(' '), details, cause })
}
