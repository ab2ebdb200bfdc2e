import type { Io } from '../io.ts'
import { formatDuration } from '../output/duration.ts'
import { bounded } from './bounded.ts'
import type { DoctorPorts } from './doctor-ports.ts'
import { warning, type CheckName, type Finding } from './finding.ts'

/** One examination under way: what was found so far, and how the next step is taken. */
export interface Course {
  readonly findings: readonly Finding[]
  /** Takes down findings, and shows them at once. */
  add(...found: readonly (Finding | null)[]): void
  /** Runs one step, shown and bounded; `null` if it did not end in time, which is then a finding. */
  step<T>(check: CheckName, what: string, run: (signal: AbortSignal) => Promise<T>): Promise<T | null>
}

/** Ms for one step; above that of a request, so that a server that hangs is told of as such. */
const STEP_LIMIT = 15_000

export function createCourse(io: Pick<Io, 'clock' | 'interrupts'>, progress: DoctorPorts['progress']): Course {
  const findings: Finding[] = []

  function add(...found: readonly (Finding | null)[]): void {
    const told = found.filter((one) => one !== null)
    findings.push(...told)
    progress.found(told)
  }

  return {
    findings,
    add,
    async step(check, what, run) {
      progress.begin(what)
      const ended = await bounded(STEP_LIMIT, io, run)
      if (ended.type === 'done') return ended.value
      add(
        warning(check, {
          title: `${what}: this did not end within ${formatDuration(STEP_LIMIT)}.`,
          cause: 'A disk, a network folder, or a program that was asked does not answer.',
          next: ['Try again; if it stays so, look at the disk or network folder that the store is on.'],
          facts: { waited: STEP_LIMIT },
        }),
      )
      return null
    },
  }
}
