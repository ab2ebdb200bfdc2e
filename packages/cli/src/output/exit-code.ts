import type { ErrorCode } from '@evergrant/core'
import type { CommandErrorCode } from './command-error.ts'

/** How a command may end, by its exit code. A command of `exec` brings its own; a signal makes it 128 and its number. */
export const EXIT_CODES = {
  done: 0,
  fault: 1,
  usage: 2,
  'not-logged-in': 3,
  'login-dead': 4,
  blocked: 5,
  'try-later': 6,
  store: 7,
  'client-error': 8,
  'server-error': 9,
  warnings: 10,
  'not-executable': 126,
  'not-found': 127,
} as const

export type Ending = keyof typeof EXIT_CODES

/** The same in words, for the help and the README. */
export const MEANINGS: Readonly<Record<Ending, string>> = {
  done: 'done',
  fault: 'a fault of evergrant',
  usage: 'the command line, or what it asks for',
  'not-logged-in': 'there are no credentials',
  'login-dead': 'the server takes these credentials no more',
  blocked: 'logging in has to wait: a block, or the login budget',
  'try-later': 'no token or no answer for now; try again',
  store: 'the store cannot be read or written',
  'client-error': 'the API answered 4xx',
  'server-error': 'the API answered 5xx',
  warnings: 'doctor: there are warnings, and no errors',
  'not-executable': 'exec: the command cannot be started',
  'not-found': 'exec: there is no such command',
}

/** How each failure ends a command. */
export const ENDINGS: Readonly<Record<ErrorCode | CommandErrorCode, Ending>> = {
  usage: 'usage',
  unsupported: 'usage',
  'invalid-options': 'usage',
  'foreign-origin': 'usage',
  'min-ttl-unreachable': 'usage',
  'credentials-missing': 'not-logged-in',
  'credentials-unreadable': 'not-logged-in',
  'signed-out': 'not-logged-in',
  'grant-revoked': 'login-dead',
  'client-rejected': 'login-dead',
  'rotation-lost': 'login-dead',
  'login-expired': 'login-dead',
  'ip-block-suspected': 'blocked',
  'edge-refused': 'blocked',
  'login-budget-spent': 'blocked',
  'token-unavailable': 'try-later',
  'wait-timeout': 'try-later',
  'token-request-failed': 'try-later',
  'no-progress': 'try-later',
  'lease-timeout': 'try-later',
  'lease-lost': 'try-later',
  'request-failed': 'try-later',
  'wrong-issuer': 'usage',
  'record-corrupt': 'store',
  'record-from-future': 'store',
  'store-conflict': 'store',
  'store-corrupt': 'store',
  'store-insecure': 'store',
  'store-unavailable': 'store',
  'store-sharing': 'store',
  'not-executable': 'not-executable',
  'not-found': 'not-found',
  'keeper-insecure': 'usage',
  'keeper-cannot-listen': 'usage',
  'key-not-found': 'usage',
  'sealing-key-missing': 'store',
  disposed: 'fault',
  internal: 'fault',
}

export function exitCodeOf(code: ErrorCode | CommandErrorCode): number {
  return EXIT_CODES[endingOf(code)]
}

export function endingOf(code: ErrorCode | CommandErrorCode): Ending {
  return ENDINGS[code] ?? 'fault'
}

/** 3xx counts as done: fetch has followed what can be followed. */
export function exitCodeOfStatus(status: number): number {
  if (status < 400) return EXIT_CODES.done
  return EXIT_CODES[status < 500 ? 'client-error' : 'server-error']
}
