import { tellReport } from '@evergrant/testing'
import { runCrew, type CrewResult } from './crew.ts'
import { readOptions, USAGE, type SimulateOptions } from './options.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(parameters: readonly string[]): Promise<number> {
  let options: SimulateOptions
  try {
    options = readOptions(parameters)
  } catch (error) {
    console.error(`simulate: ${(error as Error).message}`)
    return 2
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const result = await runCrew(options, showProgress(options.seeds))
  console.log(options.json ? JSON.stringify({ ...result.sum, broken: result.broken }) : inWords(result))
  return result.broken === null ? 0 : 1
}

/** One line on a terminal, rewritten; now and then a line of its own elsewhere. */
function showProgress(seeds: number): (runs: number) => void {
  const { isTTY } = process.stderr
  let told = 0
  return (runs) => {
    if (isTTY) process.stderr.write(`\r${runs} of ${seeds} runs${runs >= seeds ? '\n' : ''}`)
    else if (runs - told >= 1_000) {
      told = runs
      process.stderr.write(`${runs} of ${seeds} runs\n`)
    }
  }
}

function inWords({ sum, broken }: CrewResult): string {
  if (broken !== null) return tellReport(broken)
  const hours = Math.round(sum.elapsed / 3_600_000)
  const rows = Object.entries(sum.tally).toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  return [
    `${sum.runs} runs, ${hours} hours of virtual time, ${sum.events} events, ${sum.tokenRequests} token requests: all promises held.`,
    '',
    'promise     held      excused',
    ...rows.map(
      ([promise, { held, excused }]) =>
        `${promise.padEnd(9)}${String(held).padStart(8)}${String(excused).padStart(11)}`,
    ),
    '',
    'Excused: it could not hold, for a reason that no client can mend; docs/testing/simulation.md lists the reasons.',
  ].join('\n')
}
