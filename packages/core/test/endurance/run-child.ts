import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** In ms; a child that hangs is held up by something that it has leaked. */
const PATIENCE = 120_000
const FLAGS = [
  '--expose-gc',
  '--unhandled-rejections=strict',
  '--conditions=@evergrant/source',
  // Counting the objects of a class is an experiment of Node's, and says so on stderr.
  '--disable-warning=ExperimentalWarning',
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

/** Samples at each end of a run, of which the least counts: a heap that breathes has some that are low, one that leaks has not. */
const SAMPLES = 5

/** How many times as large the heap is at the end of the samples as at their beginning. */
export function growth(heap: readonly number[]): number {
  if (heap.length < 2 * SAMPLES) throw new Error(`Too few samples to tell: ${heap.length}`)
  return Math.min(...heap.slice(-SAMPLES)) / Math.min(...heap.slice(0, SAMPLES))
}
