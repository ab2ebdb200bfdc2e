/** Bytes that are reachable, once finalizers have run and what they let go is taken too. Needs `--expose-gc`. */
export async function heapInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Give --expose-gc to node')
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}
