import type { Keeper } from '@evergrant/keeper'
import type { Io } from '../io.ts'
import { aborted } from '../terminal/aborted.ts'
import type { ServeLog } from './serve-log.ts'

const TELL_EVERY = 5_000

/**
 * Waits for an interrupt, then drains the keeper, which takes no longer than a request and a token request may. Whoever does
 * not want to wait for that interrupts again.
 */
export async function untilTold(
  keeper: Pick<Keeper, 'dispose'>,
  log: ServeLog,
  { interrupts, clock }: Io,
): Promise<void> {
  await aborted(interrupts.signal)
  log.draining()
  const since = clock.monotonic()
  let alarm = wait()

  function wait(): Disposable {
    return clock.alarm(clock.monotonic() + TELL_EVERY, tell, { hold: true })
  }
  function tell(): void {
    log.stillDraining(clock.monotonic() - since)
    alarm = wait()
  }

  try {
    await keeper.dispose()
    log.ended()
  } finally {
    alarm[Symbol.dispose]()
  }
}
