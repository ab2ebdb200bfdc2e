import { envCredentials } from '@evergrant/adapters/env'
import { isEvergrantError } from '@evergrant/core'
import { serveLab } from '../dashboard/serve.ts'
import { runLiveBot } from './bot.ts'
import { readOptions, USAGE, type TourOptions } from './tour/options.ts'
import { runTour } from './tour/run-tour.ts'
import { createScreen } from './tour/screen.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') return complain(options, 2)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const signal = stopSignal()
  return options.live ? live(options, signal) : tour(options, signal)
}

async function tour({ once, json }: TourOptions, signal: AbortSignal): Promise<number> {
  const screen = createScreen(json ? process.stderr : process.stdout)
  const onSummary = (summary: unknown): void => {
    if (json) console.log(JSON.stringify(summary))
  }
  // A tour that ends by itself would take the page away with it.
  await using lab = once ? null : await serveLab()
  if (lab !== null) {
    screen.line(`${screen.style('bold', 'The lab')} is at ${lab.url}: break the world yourself, and see what happens.`)
    screen.line()
  }
  const summary = await runTour({ screen, signal, once, onSummary })
  if (signal.aborted) screen.line(summary === null ? 'Stopped before the end: nothing was judged.' : 'Stopped.')
  if (!once && signal.aborted) return 0
  return summary?.held === true ? 0 : 1
}

async function live({ sandbox }: TourOptions, signal: AbortSignal): Promise<number> {
  const environment = sandbox ? 'sandbox' : 'production'
  try {
    if ((await envCredentials().read()) === null) {
      return complain(
        'There are no credentials. Set TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN, in the environment or in .env.',
        2,
      )
    }
  } catch (error) {
    if (isEvergrantError(error)) return complain(`${error.message}. ${error.help}`, 2)
    throw error
  }
  console.log(`A bot at tastytrade, ${environment}. It asks for your balances every 5 s. Ctrl-C ends it.`)
  await runLiveBot(environment, signal)
  return 0
}

/** Aborts at the first Ctrl-C, or when the terminal is gone; a second one, a while later, ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let stoppedAt = 0
  function onSignal(): void {
    // npm passes on the very signal that the terminal has sent to everybody already.
    if (stop.signal.aborted && Date.now() - stoppedAt > 1_000) process.exit(130)
    stoppedAt ||= Date.now()
    stop.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort())
  return stop.signal
}

function complain(text: string, exitCode: number): number {
  console.error(text)
  return exitCode
}
