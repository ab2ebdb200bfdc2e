import { runStorm } from '../../packages/keeper/test/cluster/storm.ts'
import { closingLines, progressLine } from '../../packages/keeper/test/cluster/tell-storm.ts'
import { readOptions, USAGE } from './options.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    console.error(options)
    return 2
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const { store, seed, minutes } = options
  const began = performance.now()
  const seconds = (): number => Math.round((performance.now() - began) / 1_000)
  const report = await runStorm({
    store,
    seed,
    rolling: true,
    over: () => seconds() >= minutes * 60,
    told: (progress) => console.log(progressLine(progress, seconds())),
  })
  console.log('')
  for (const line of closingLines(report)) console.log(line)
  return report.broken.length === 0 ? 0 : 1
}
