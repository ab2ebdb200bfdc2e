/** Bytes that are reachable. Needs `--expose-gc`. */
export function heapInUse(): number {
  // The first collection runs finalizers, the second takes what they let go.
  for (let round = 0; round < 2; round += 1) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Few enough that what they allocate stays below the size at which the young generation is collected. */
const CALLS = 5_000
/** Code that is not compiled yet allocates for every number that it hands on. */
const CALLS_TO_COMPILE = 500_000

/** Bytes that one call allocates, once for each round. */
export function bytesPerCall(call: () => unknown, rounds: number): readonly number[] {
  for (let made = 0; made < CALLS_TO_COMPILE; made += 1) call()
  return Array.from({ length: rounds }, () => Math.max(0, allocated(call) - allocated(nothing)) / CALLS)
}

function allocated(call: () => unknown): number {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let made = 0; made < CALLS; made += 1) call()
  return process.memoryUsage().heapUsed - before
}

const nothing = () => undefined
