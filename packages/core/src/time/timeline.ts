import type { AlarmOptions, Clock } from '../clock.ts'

/**
 * The time of one session (P15). `now()` reads as epoch ms but runs on the monotonic clock: setting the wall clock
 * moves no deadline. Times that others share (the store, the server) are on the server's line, which differs by `offset`.
 */
export interface Timeline {
  /** Epoch ms on this session's line, in whole ms. */
  now(): number
  /** Ms by which the server's clock is ahead of this line; 0 until an answer has told. */
  readonly offset: number
  /** True once a server's `Date` was taken in. */
  readonly synchronized: boolean
  /**
   * Ms by which the server is ahead of this machine's wall clock as that stands now: what another process can begin
   * with, whose line may differ from this one if the clock was set between their beginnings.
   */
  readonly wallOffset: number
  toShared(time: number): number
  fromShared(time: number): number
  /** Takes a guess at the offset; ignored once the server itself has told. */
  assume(offset: number): void
  /** The same with the `wallOffset` of an earlier run; heard again, it tells nothing new. */
  assumeWall(wallOffset: number): void
  /**
   * Takes in what the store that others share said of the time when asked. As a guess; and a slow answer counts only
   * until a quicker one has come, since it may lie anywhere between its question and its end.
   */
  assumeStore(time: number, askedAt: number, receivedAt: number): void
  /** Takes in that this time on the shared line has been: no guess goes behind it. */
  assumePast(shared: number): void
  /** Takes in the `Date` of an answer to a request sent and received at these times; slow answers tell nothing. */
  observe(date: number, sentAt: number, receivedAt: number): void
  alarm(at: number, run: () => void, options?: AlarmOptions): Disposable
  /** Rejects with the reason of the signal. Holds the process if asked. */
  wait(ms: number, signal: AbortSignal, options?: AlarmOptions): Promise<void>
}

/** The last moment that a `Date` can hold, epoch ms; times beyond it lose their milliseconds (ECMA-262 section 21.4.1.1). */
const LATEST_DATE = 8.64e15
/** An answer that took longer tells too little about when the server wrote it. */
const SLOWEST_ANSWER = 5_000
/** `Date` has whole seconds and a round trip lies around it; a difference below this is no difference. */
const TOLERANCE = 2_000
/** `Date` is cut to the second, so on average half of one has passed. */
const HALF_SECOND = 500

export function createTimeline(clock: Clock): Timeline {
  return new SessionTimeline(clock)
}

// A class, as all of which every session has one: methods made anew for each of ten thousand sessions add up (B6).
class SessionTimeline implements Timeline {
  offset = 0
  synchronized = false
  readonly #clock: Clock
  /** Whole ms: a deadline that was rounded down would fire before `now()` has reached it, and fire again. */
  readonly #origin: number
  #leastOffset = Number.NEGATIVE_INFINITY
  #heardWall = Number.NaN
  #quickestStore = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#origin = Math.round(clock.now() - clock.monotonic())
  }

  now(): number {
    return Math.floor(this.#clock.monotonic()) + this.#origin
  }

  toShared(time: number): number {
    return time + this.offset
  }

  fromShared(time: number): number {
    return time - this.offset
  }

  get wallOffset(): number {
    return this.offset - this.#wallLead()
  }

  assumeWall(wallOffset: number): void {
    // The wall clock may have been set since: what was right then is right still, on this line.
    if (wallOffset === this.#heardWall) return
    this.#heardWall = wallOffset
    this.assume(wallOffset + this.#wallLead())
  }

  assume(offset: number): void {
    if (!this.synchronized) this.offset = Math.max(offset, this.#leastOffset)
  }

  assumeStore(time: number, askedAt: number, receivedAt: number): void {
    const took = receivedAt - askedAt
    if (took > Math.max(SLOWEST_ANSWER, this.#quickestStore)) return
    this.#quickestStore = Math.min(took, this.#quickestStore)
    this.assume(Math.round(time - (askedAt + receivedAt) / 2))
  }

  assumePast(shared: number): void {
    this.#leastOffset = Math.max(this.#leastOffset, shared - this.now())
    this.assume(this.offset)
  }

  observe(date: number, sentAt: number, receivedAt: number): void {
    // Not so for NaN either.
    const isDate = Math.abs(date) <= LATEST_DATE
    if (!isDate || receivedAt - sentAt > SLOWEST_ANSWER) return
    const measured = date + HALF_SECOND - (sentAt + receivedAt) / 2
    this.offset = Math.abs(measured) < TOLERANCE ? 0 : Math.round(measured)
    this.synchronized = true
  }

  /** Ms by which the wall clock was set forward since this line began. */
  #wallLead(): number {
    return Math.round(this.#clock.now() - this.#clock.monotonic()) - this.#origin
  }

  alarm(at: number, run: () => void, options?: AlarmOptions): Disposable {
    return this.#clock.alarm(Math.ceil(at) - this.#origin, run, options)
  }

  wait(ms: number, signal: AbortSignal, options?: AlarmOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      const abort = () => {
        alarm[Symbol.dispose]()
        reject(signal.reason as Error)
      }
      const finish = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const alarm = this.alarm(this.now() + ms, finish, options)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
