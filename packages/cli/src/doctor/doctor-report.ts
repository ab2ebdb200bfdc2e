import type { AccountChoice } from '../account/choice.ts'
import { EXIT_CODES } from '../output/exit-code.ts'
import type { Finding, Level } from './finding.ts'

/** What `evergrant doctor --json` prints. Members are added, never renamed or taken away. */
export interface DoctorReport {
  /** False if there is a warning or an error. */
  readonly well: boolean
  /** The exit code: 0, that of `warnings`, or that of the first error. */
  readonly exitCode: number
  /** Epoch ms. */
  readonly at: number
  readonly environment: string
  /** The origin of the server. */
  readonly server: string
  readonly store: string
  readonly account: string
  /** Token requests that were made: 0 or 1. */
  readonly logins: number
  /** In the order in which they were found. */
  readonly findings: readonly Finding[]
}

export interface Examined {
  readonly choice: AccountChoice
  readonly server: string
  readonly at: number
  readonly logins: number
  readonly findings: readonly Finding[]
}

export function doctorReport({ choice, server, at, logins, findings }: Examined): DoctorReport {
  const worst = findings.find(is('error')) ?? findings.find(is('warning'))
  const { environment, store, account } = choice
  const exitCode = EXIT_CODES[worst?.ending ?? 'done']
  return { well: worst === undefined, exitCode, at, environment, server, store, account, logins, findings }
}

function is(level: Level): (finding: Finding) => boolean {
  return (finding) => finding.level === level
}
