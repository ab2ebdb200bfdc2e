import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SAMPLES } from './children/heap-in-use.ts'

const run = promisify(execFile)
/** In ms; a child that hangs is held up by something that it has leaked. */
const PATIENCE = 120_000
const FLAGS = [
  '--expose-gc',
  '--unhandled-rejections=strict',
  '--conditions=@evergrant/source',
  // Counting the objects of a class is an experiment of Node's, and says so on stderr.
  '--disable-warning=ExperimentalWarning',
  // Collecting the young generation seldom saves a fifth of the time.
  '--min-semi-space-size=16',
  '--max-semi-space-size=64',
]

/**
 * Runs a program in a process of its own, until nothing keeps that alive, and gives its report, which is one line of
 * JSON. Rejects if it ends with another exit code than 0, as it does on an unhandled rejection, or prints a warning.
 */
export async function runChild<Report>(program: URL): Promise<Report> {
  const { stdout, stderr } = await run(process.execPath, [...FLAGS, fileURLToPath(program)], { timeout: PATIENCE })
  if (stderr !== '') throw new Error(`${fileURLToPath(program)} said on stderr: ${stderr}`)
  return JSON.parse(stdout) as Report
}

/**
 * How many times as large the heap is at the end of the samples as at their beginning. The least at each end counts: a heap
 * that breathes has some that are low, one that leaks has not.
 */
export function growth(heap: readonly number[]): number {
  if (heap.length < 2 * SAMPLES) throw new Error(`Too few samples to tell: ${heap.length}`)
  return Math.min(...heap.slice(-SAMPLES)) / Math.min(...heap.slice(0, SAMPLES))
}
