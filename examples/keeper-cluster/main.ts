import { findStore, NO_STORE } from './story/find-store.ts'
import { readOptions, USAGE } from './story/options.ts'
import { closingLines } from './story/summary.ts'
import { tellStory } from './story/tell-story.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') return complain(options)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const place = await findStore(options.store)
  if (place === null) return complain(NO_STORE)
  const say = options.json ? console.error : console.log
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  const summary = await tellStory({ place, say, signal: stop.signal, once: options.once })
  if (summary === null) {
    say('Stopped before the end: nothing was judged.')
    return options.once ? 1 : 0
  }
  say('')
  for (const line of closingLines(summary)) say(line)
  if (options.json) console.log(JSON.stringify(summary))
  return summary.held ? 0 : 1
}

function complain(text: string): number {
  console.error(text)
  return 2
}
