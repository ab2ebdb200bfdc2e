import { expect } from 'vitest'
import type { DoctorReport } from '../../src/doctor/doctor-report.ts'
import type { CheckName, Finding } from '../../src/doctor/finding.ts'
import type { ConsoleOptions, Outcome } from '../support/console.ts'

/** What `evergrant doctor --json` told. */
export interface Diagnosis {
  readonly code: number
  readonly report: DoctorReport
  /** The worst finding of a check; fails if there is none. */
  readonly of: (check: CheckName) => Finding
  /** Checks with a warning or an error, in order. */
  readonly troubles: readonly CheckName[]
  readonly err: string
}

interface Rig {
  run(argv: readonly string[], options?: Partial<ConsoleOptions>): Promise<Outcome>
}

const RANKS = ['ok', 'note', 'warning', 'error']

export async function diagnose(
  rig: Rig,
  flags: readonly string[],
  options?: Partial<ConsoleOptions>,
): Promise<Diagnosis> {
  return diagnosisOf(await rig.run(['doctor', '--json', ...flags], options))
}

export function diagnosisOf({ code, out, err }: Outcome): Diagnosis {
  expect(out).toMatch(/^\{.*\}\n$/)
  const report = JSON.parse(out) as DoctorReport
  expect(report.exitCode).toBe(code)
  const { findings } = report
  return {
    code,
    report,
    err,
    of(check) {
      const found = findings.filter((one) => one.check === check)
      const [worst] = found.toSorted((a, b) => RANKS.indexOf(b.level) - RANKS.indexOf(a.level))
      if (worst === undefined) throw new Error(`There is no finding of ${check}`)
      return worst
    },
    troubles: findings.filter(({ level }) => RANKS.indexOf(level) >= 2).map(({ check }) => check),
  }
}
