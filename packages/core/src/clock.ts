/**
 * Time as one port (P15). Everything in evergrant that waits or compares times does so through it; tests hand in a
 * virtual one.
 */
export interface Clock {
  /** Wall clock, epoch ms. May jump either way; used to read and write times that outlive the process. */
  now(): number
  /**
   * Milliseconds on a line that never goes back and includes time asleep. Every deadline inside a process lies on
   * this line. Its origin means nothing.
   */
  monotonic(): number
  /**
   * Runs `run` once `monotonic()` has reached `at`, never synchronously. A time in the past fires as soon as it can;
   * a time any number of years away is fine. Dispose the result to cancel; a second disposal does nothing.
   */
  alarm(at: number, run: () => void, options?: AlarmOptions): Disposable
  /**
   * Optional: runs `run` when the present turn of the event loop ends. A clock that has it lets a session answer a
   * burst of calls within one turn from one reading of the time.
   */
  endOfTurn?(run: () => void): void
}

export interface AlarmOptions {
  /** True keeps the process alive until the alarm fires or is disposed. Default false: a waiting session lets it exit. */
  readonly hold?: boolean
}
