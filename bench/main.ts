import type { Figure } from './figure.ts'
import { readOptions, type BenchOptions, type ScenarioName } from './options.ts'
import { showProgress } from './progress.ts'
import { describeBench, jsonReport, tableReport } from './report.ts'
import { keeperReads } from './scenarios/keeper-reads.ts'
import { keeperScale } from './scenarios/keeper-scale.ts'
import { liveSessions } from './scenarios/live-sessions.ts'
import { pooledSessions } from './scenarios/pooled-sessions.ts'
import { requestOverhead } from './scenarios/request-overhead.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { tokenInHand } from './scenarios/token-in-hand.ts'
import { virtualLifetimes } from './scenarios/virtual-lifetimes.ts'

/** Measures the budgets. Exit code 2 for options that there are not; what is outside its budget ends with 0. */
const RUN: Readonly<Record<ScenarioName, Scenario>> = {
  'token-in-hand': tokenInHand,
  'request-overhead': requestOverhead,
  'live-sessions': liveSessions,
  'pooled-sessions': pooledSessions,
  'virtual-lifetimes': virtualLifetimes,
  'keeper-reads': keeperReads,
  'keeper-scale': keeperScale,
}

async function bench({ json, quick, scenarios }: BenchOptions): Promise<void> {
  const about = describeBench(quick)
  const figures: Figure[] = []
  {
    using progress = showProgress()
    for (const name of scenarios) figures.push(...(await RUN[name]({ quick, progress })))
  }
  console.log(json ? jsonReport(about, figures) : tableReport(about, figures))
}

function optionsOrExit(): BenchOptions {
  try {
    if (globalThis.gc === undefined) throw new Error('start it with npm run bench, or give --expose-gc to node')
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`)
    process.exit(2)
  }
}

await bench(optionsOrExit())
