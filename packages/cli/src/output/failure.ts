import { isEvergrantError, type ErrorCode } from '@evergrant/core'
import type { Io } from '../io.ts'
import { Interrupted } from '../terminal/interrupts.ts'
import { CommandError, type CommandErrorCode } from './command-error.ts'
import { EXIT_CODES, exitCodeOf } from './exit-code.ts'
import { formatMoment } from './moment.ts'
import { paintFor } from './paint.ts'
import { printable } from './printable.ts'

export interface FailureView {
  readonly json: boolean
  /** True adds the stack. */
  readonly debug: boolean
  /** True names the doctor, where that can find out more. Default false. */
  readonly doctor?: boolean
}

/** A failure as it is told: by `--json` as one line. */
interface Told {
  readonly code: string
  readonly message: string
  readonly help: string
  readonly details?: object
  readonly exitCode: number
}

const UNEXPECTED = 'This is a fault of evergrant. Run it again with --debug, and report what it prints.'

const MENDED_BY_LOGIN: ReadonlySet<ErrorCode> = new Set([
  'credentials-missing',
  'signed-out',
  'grant-revoked',
  'client-rejected',
  'rotation-lost',
  'login-expired',
])

/** What has causes that the command which failed does not see, and the doctor does. */
const SEEN_BY_DOCTOR: ReadonlySet<ErrorCode | CommandErrorCode> = new Set([
  'credentials-unreadable',
  'grant-revoked',
  'client-rejected',
  'ip-block-suspected',
  'edge-refused',
  'login-budget-spent',
  'token-unavailable',
  'token-request-failed',
  'wait-timeout',
  'no-progress',
  'lease-timeout',
  'wrong-issuer',
  'record-corrupt',
  'store-corrupt',
  'store-unavailable',
  'request-failed',
])

/** Says on stderr what went wrong and what to do next; gives the exit code. An interrupt needs no words. */
export function tellFailure(
  error: unknown,
  io: Pick<Io, 'stderr' | 'env' | 'clock'>,
  { json, debug, doctor = false }: FailureView,
): number {
  if (error instanceof Interrupted) return error.exitCode
  const told = tell(error, io.clock.now(), doctor)
  if (json) {
    io.stderr.write(`${JSON.stringify({ error: told })}\n`)
  } else {
    const paint = paintFor(io.stderr, io.env)
    const message = `${paint('red', 'evergrant:')} ${printable(told.message)} ${paint('dim', `(${told.code})`)}`
    io.stderr.write(`${message}\n${told.help === '' ? '' : `  ${printable(told.help)}\n`}`)
  }
  if (debug) io.stderr.write(stackOf(error))
  return told.exitCode
}

function tell(error: unknown, now: number, doctor: boolean): Told {
  const seen = (code: ErrorCode | CommandErrorCode): readonly string[] =>
    doctor && SEEN_BY_DOCTOR.has(code) ? ['To find out why, run evergrant doctor.'] : []
  if (isEvergrantError(error)) {
    const { code, message, details } = error
    const help = [error.help, ...seen(code), ...whatNext(code, details, now)].join(' ')
    return { code, message, help, details, exitCode: exitCodeOf(code) }
  }
  if (error instanceof CommandError) {
    const { code, message } = error
    const help = [error.help, ...seen(code)].join(' ')
    return { code, message, help, exitCode: exitCodeOf(code) }
  }
  // Not its message: what a stranger threw may quote what was sent.
  const kind = error instanceof Error ? error.name : typeof error
  return { code: 'internal', message: `Unexpected ${kind}`, help: UNEXPECTED, exitCode: EXIT_CODES.fault }
}

/** What the command adds to help that was written for programs. */
function whatNext(code: ErrorCode, details: object, now: number): readonly string[] {
  if (MENDED_BY_LOGIN.has(code)) return ['Then run: evergrant login']
  const { retryAt } = details as { readonly retryAt?: number | null }
  return typeof retryAt === 'number' ? [`Try again ${formatMoment(retryAt, now)}`] : []
}

function stackOf(error: unknown): string {
  const lines: string[] = []
  for (let one = error; one instanceof Error; one = one.cause) {
    lines.push(`${lines.length === 0 ? '' : 'caused by: '}${one.stack ?? one.message}\n`)
  }
  return lines.join('')
}
