import type { Figure } from '../figure.ts'
import type { Progress } from '../progress.ts'

/** Measures one thing, and gives its figures. */
export type Scenario = (options: ScenarioOptions) => Promise<readonly Figure[]>

export interface ScenarioOptions {
  readonly quick: boolean
  readonly progress: Progress
}
