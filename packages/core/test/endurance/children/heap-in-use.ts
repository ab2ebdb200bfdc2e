/** Samples at each end of a run, which are all that growth is reckoned from. */
export const SAMPLES = 5

/** Whether this one of so many samples, from 0, is at an end of the run. */
export function atAnEnd(sample: number, count: number): boolean {
  return Number.isInteger(sample) && ((sample >= 0 && sample < SAMPLES) || sample >= count - SAMPLES)
}

/** Bytes that are reachable, once finalizers have run and what they let go is taken too. Needs `--expose-gc`. */
export async function heapInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Give --expose-gc to node')
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}
