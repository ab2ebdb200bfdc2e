import type { Clock } from '@evergrant/core'

const LONGEST_TIMER = 2_147_483_647

/** The platform's own time. Alarms keep the process alive: a request that waits for its answer would too. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  alarm(at, run) {
    let timer: ReturnType<typeof setTimeout>
    const wait = (): void => {
      const left = Math.max(0, at - performance.now())
      // A longer timer would fire at once, so a far alarm is reached in several.
      timer = left > LONGEST_TIMER ? setTimeout(wait, LONGEST_TIMER) : setTimeout(run, left)
    }
    wait()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}
