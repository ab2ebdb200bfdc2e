import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { holdScenario } from './meeting.ts'
import { readOptions, type PeersOptions } from './options.ts'
import { describeSetting, markdown, plain, withSections, type Held } from './report.ts'
import { SCENARIOS } from './scenarios/all.ts'

const PAGE = fileURLToPath(new URL('../../docs/bench.md', import.meta.url))

/** evergrant beside the libraries that people use for this today, in one run. */
async function measure({ quick, json, write, scenarios, peers }: PeersOptions): Promise<void> {
  const setting = describeSetting(quick)
  const held: Held[] = []
  for (const scenario of scenarios) {
    const told = await holdScenario(scenario, peers, quick, showProgress)
    held.push({ scenario, told })
    if (!json) console.log(`${clearLine()}${plain({ scenario, told }, peers)}`)
  }
  if (json) {
    const scenariosTold = held.map(({ scenario, told }) => ({
      scenario: scenario.name,
      told: Object.fromEntries(told),
    }))
    console.log(JSON.stringify({ ...setting, scenarios: scenariosTold }))
  }
  if (write) {
    const all = scenarios.length === SCENARIOS.length
    writeFileSync(PAGE, all ? markdown(setting, peers, held) : withSections(readFileSync(PAGE, 'utf8'), peers, held))
    console.error('Written: docs/bench.md')
  }
}

const clearLine = (): string => (process.stderr.isTTY ? '\r\u001B[K' : '')

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

function optionsOrExit(): PeersOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`bench:peers: ${(error as Error).message}`)
    process.exit(2)
  }
}

await measure(optionsOrExit())
