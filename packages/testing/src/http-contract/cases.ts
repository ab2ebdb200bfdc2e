import { isEvergrantError, type ErrorCode } from '@evergrant/core'
import { OutOfPatienceError, withRig, type HttpRig, type RigOptions } from './rig.ts'
import type { HttpAnswer, HttpSubject } from './subject.ts'

/** How the parts of the contract register their cases. */
export type HttpCase = (title: string, body: (rig: HttpRig) => Promise<void>, options?: RigOptions) => void

export function httpCases(
  it: (name: string, body: () => Promise<void>) => unknown,
  subject: HttpSubject,
  patience: number,
): HttpCase {
  return (title, body, options = {}) => void it(title, () => withRig(subject, patience, options, body))
}

/** What a call gives or rejects with. */
export async function outcomeOf<T>(call: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await call }
  } catch (error) {
    if (error instanceof OutOfPatienceError) throw error
    return { error }
  }
}

/** What a call rejects with. Throws if it gets an answer. */
export async function failureOf(call: Promise<HttpAnswer>): Promise<unknown> {
  const outcome = await outcomeOf(call)
  if ('error' in outcome) return outcome.error
  throw new Error(`It was answered with ${outcome.value.status}, and should have failed.`)
}

// A library may wrap what its fetch rejects with, and fetch what its dispatcher does.
const DEEPEST_CAUSE = 5

/** The error itself and what it was caused by. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = []
  for (let at = error; at instanceof Error && causes.length < DEEPEST_CAUSE; at = at.cause) causes.push(at)
  return causes
}

/** Whether an error of evergrant comes out, as it is or as the cause of the library's own. */
export function tells(error: unknown, code: ErrorCode): boolean {
  return causesOf(error).some((cause) => isEvergrantError(cause, code))
}
