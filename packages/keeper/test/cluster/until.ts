import { setTimeout as pause } from 'node:timers/promises'

/** Far above what anything here takes, also on a busy machine, in ms. */
const PATIENCE = 60_000
const LOOK_EVERY = 20

/** Waits until it is so. Rejects if that takes too long. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE} ms: ${what}`)
    await pause(LOOK_EVERY)
  }
}
