import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SimulationReport } from '@evergrant/testing'
import type { SimulateOptions } from './options.ts'
import { add, NOTHING, type Share, type Sum, type Word } from './words.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

export interface CrewResult {
  readonly sum: Sum
  /** The failure with the lowest seed that was found; `null` if every promise held. */
  readonly broken: SimulationReport | null
}

/** Shares the seeds out among several processes. The first failure ends the others. */
export async function runCrew(
  { seeds, from, workers }: SimulateOptions,
  onProgress: (runs: number) => void,
): Promise<CrewResult> {
  const crew: ChildProcess[] = []
  const progress: number[] = []
  let sum = NOTHING
  let broken: SimulationReport | null = null

  function hear(worker: number, word: Word): void {
    if (word.type === 'progress') {
      progress[worker] = word.runs
      onProgress(progress.reduce((total, runs) => total + runs, 0))
    } else if (word.type === 'done') {
      sum = add(sum, word.sum)
    } else if (broken === null || word.report.seed < broken.seed) {
      broken = word.report
    }
  }

  function work(worker: number, share: Share): Promise<void> {
    const child = fork(WORKER, { execArgv: ['--conditions=@evergrant/source'] })
    crew.push(child)
    return new Promise((resolve, reject) => {
      child.on('message', (word: Word) => {
        hear(worker, word)
        if (word.type === 'broken') for (const other of crew) if (other !== child) other.kill()
      })
      child.once('error', reject)
      child.once('exit', (code) => {
        if (code === 0 || broken !== null) resolve()
        else reject(new Error(`A worker ended with code ${code}`))
      })
      child.send(share)
    })
  }

  const step = Math.min(workers, seeds)
  const shares = Array.from({ length: step }, (_, worker) => ({ from: from + worker, to: from + seeds, step }))
  await Promise.all(shares.map((share, worker) => work(worker, share)))
  return { sum, broken }
}
