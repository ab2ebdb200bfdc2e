import type { Guard } from './faults.ts'
import type { FileResult, TestResult } from './test-run.ts'

/** Whether a test turned red for the fault's sake. */
export interface Judgement {
  readonly guard: Guard
  readonly caught: boolean
  /** What it said when it turned red, in one line; or why that does not count. */
  readonly said: string
}

/** Out of time, or a program that is broken as such: neither shows that a promise was. */
const NO_PROOF = /^(?:Error: (?:Test|Hook) timed out|(?:Syntax|Reference)Error)/
/** What says that a promise is broken: an assertion, also one on a promise or one that a property has found to fail. */
const ASSERTION = /^(?:AssertionError|Error: (?:Property failed after|promise (?:resolved|rejected) ))/

export function judge(guard: Guard, results: readonly FileResult[]): Judgement {
  const result = results.find(({ file }) => file === guard.file)
  const missed = (said: string): Judgement => ({ guard, caught: false, said })
  if (result === undefined) return missed('was not run')
  if (result.problem !== null) return missed(`could not be run: ${firstLine(result.problem)}`)
  const failed = result.tests.filter(isOf(guard)).filter(({ status }) => status === 'failed')
  if (failed.length === 0) return missed(ranAny(guard, result) ? 'stayed green' : 'no test of that name')
  const messages = failed.flatMap(({ failureMessages }) => failureMessages)
  const telling = messages.find((message) => isTelling(guard, message))
  if (telling !== undefined) return { guard, caught: true, said: firstLine(telling) }
  return missed(`is red, but not for the promise: ${firstLine(messages[0] ?? '')}`)
}

/** Why a test is no good without any fault; `null` if it is green. */
export function complaintOf(guard: Guard, results: readonly FileResult[]): string | null {
  const result = results.find(({ file }) => file === guard.file)
  if (result === undefined || result.problem !== null) return `could not be run: ${firstLine(result?.problem ?? '')}`
  const failed = result.tests.filter(isOf(guard)).find(({ status }) => status === 'failed')
  if (failed !== undefined) return `is red without any fault: ${firstLine(failed.failureMessages[0] ?? '')}`
  return ranAny(guard, result) ? null : 'no test of that name'
}

function isTelling({ failure, level, name }: Guard, message: string): boolean {
  if (failure !== null) return message.includes(failure)
  if (level === 'simulation' && !message.startsWith('AssertionError')) return message.includes(name)
  return !NO_PROOF.test(message) && ASSERTION.test(message)
}

/** What a simulation prints differs with what it finds, so all of it is looked at. */
function isOf({ file, name }: Guard): (test: TestResult) => boolean {
  return ({ fullName }) => file.startsWith('npm ') || fullName.includes(name)
}

function ranAny(guard: Guard, { tests }: FileResult): boolean {
  return tests.filter(isOf(guard)).some(({ status }) => status === 'passed' || status === 'failed')
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n')
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}
