import { createAlarmQueue, invalidOptions, type AlarmOptions, type Clock } from '@evergrant/core'
import { countAlarms } from './counting-clock.ts'
import { createDrive } from './drive.ts'
import { duration, finite, gaveUp } from './durations.ts'
import { createTurnEnds, inNextTurn } from './event-loop.ts'
import { createRealWork } from './real-work.ts'

export interface VirtualClockOptions {
  /** True time at the start, epoch ms. Default 2026-03-02T14:30:00Z. */
  readonly now?: number
  /** Ms by which this machine's wall clock is ahead of true time; negative if behind. Default 0. */
  readonly skew?: number
}

export interface AdvanceUntilOptions {
  /** Ms of virtual time after which the condition is given up. Default a day. */
  readonly limit?: number
}

const DEFAULT_START = Date.UTC(2026, 2, 2, 14, 30)
const DAY = 86_400_000
// Far more than any burst of callers; reached only by code that re-arms itself for ever.
const DUE_AT_ONCE_LIMIT = 100_000

/**
 * A clock that moves only when a test moves it (P15, P16). There are two lines: true time, which servers live on and
 * which `monotonic()` counts, and this machine's wall clock, which may be wrong and may jump.
 *
 * Alarms fire in order of their time, then of arming, with `time` set to each alarm's own. After each, whatever it set
 * off in this process gets to finish. An alarm that is due when it is armed fires in the next turn of the event loop,
 * also if nobody advances. What an alarm throws does not stop the others; the call that fired it rejects with it.
 */
export class VirtualClock implements Clock {
  readonly #server = countAlarms({
    now: () => this.time,
    monotonic: () => this.#elapsed,
    alarm: (at, run) => this.#arm(at, run, false),
  })
  /** The same true time for a fake server: its `now()` is never skewed, and its alarms are not counted in `pending`. */
  readonly server: Clock = this.#server
  readonly #start: number
  readonly #queue = createAlarmQueue()
  readonly #drive = createDrive()
  readonly #realWork = createRealWork()
  readonly #turnEnds = createTurnEnds()
  #elapsed = 0
  #skew: number
  #dueAtOnce = 0
  #kicked = false

  constructor(options: VirtualClockOptions = {}) {
    this.#start = finite('now', options.now ?? DEFAULT_START)
    this.#skew = finite('skew', options.skew ?? 0)
  }

  /** True time, epoch ms. */
  get time(): number {
    return this.#start + this.#elapsed
  }

  /** Ms by which `now()` is ahead of `time`. */
  get skew(): number {
    return this.#skew
  }

  /** How many alarms of the machine under test are armed. */
  get pending(): number {
    return this.#queue.size - this.#server.armed
  }

  /** How many of them would keep the process alive. */
  get held(): number {
    return this.#queue.held
  }

  /** When the next alarm is due, a fake server's included; on the `monotonic()` line. `null` if none is armed. */
  get nextAt(): number | null {
    return this.#queue.next() ?? null
  }

  now(): number {
    return this.time + this.#skew
  }

  monotonic(): number {
    return this.#elapsed
  }

  alarm(at: number, run: () => void, options?: AlarmOptions): Disposable {
    return this.#arm(at, run, options?.hold === true)
  }

  /** A jump of either line of time ends the turn too, so that no reading outlives it. */
  endOfTurn(run: () => void): void {
    this.#turnEnds.add(run)
  }

  /** Moves time by `ms`, firing what falls due on the way. Rejects with what an alarm threw, once all have run. */
  async advance(ms: number): Promise<void> {
    const distance = duration('ms', ms)
    await this.#move(async () => {
      const target = this.#elapsed + distance
      await this.#settle()
      await this.#stepTo(target)
    })
  }

  /** Moves to the next alarm and fires it, with all others of the same time. Does nothing if none is armed. */
  async advanceToNext(): Promise<void> {
    await this.#move(async () => {
      await this.#settle()
      const next = this.nextAt
      if (next !== null && Number.isFinite(next)) await this.#stepTo(next)
    })
  }

  /**
   * Steps from alarm to alarm until the condition holds. Rejects with `wait-timeout` if it does not within `limit` ms
   * of virtual time, or if no alarm is left that could bring it about.
   */
  async advanceUntil(
    condition: () => boolean | Promise<boolean>,
    { limit = DAY }: AdvanceUntilOptions = {},
  ): Promise<void> {
    duration('limit', limit)
    await this.#move(async () => {
      const start = this.#elapsed
      await this.#settle()
      while (!(await condition())) {
        const waited = this.#elapsed - start
        const next = this.#queue.next()
        if (next === undefined) throw gaveUp('no alarm is armed', waited)
        if (next > start + limit) throw gaveUp(`the next alarm is beyond the limit of ${limit} ms`, waited)
        await this.#fireAndSettle(next)
      }
    })
  }

  /** Lets everything finish that needs no time, and fires what is due. Time stands still. */
  async settle(): Promise<void> {
    await this.#move(() => this.#settle())
  }

  /**
   * {@link VirtualClock.settle} for work on real files and sockets: goes on until the condition holds, at most 10 s of
   * real time, then rejects with `wait-timeout`. Virtual time stands still.
   */
  async settleUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
    await this.#move(() => this.#realWork.until(condition, () => this.#settle()))
  }

  /**
   * Time stands still while this is under way, as if it took none: for what real files, sockets and servers do in a test.
   * After 10 s of real time the clock goes on without it. Gives what it was given.
   */
  during<T>(work: Promise<T>): Promise<T> {
    return this.#realWork.follow(work)
  }

  /** The machine is asleep for `ms`: both lines move, nothing fires. Overdue alarms fire at the next advance or settle. */
  sleep(ms: number): void {
    this.#moveTo(this.#elapsed + duration('ms', ms))
  }

  /** Sets the wall clock back by `ms`. True and monotonic time do not move. */
  setBack(ms: number): void {
    this.#turnEnds.come()
    this.#skew -= duration('ms', ms)
  }

  /** Sets the wall clock forward by `ms`. True and monotonic time do not move. */
  setForward(ms: number): void {
    this.#turnEnds.come()
    this.#skew += duration('ms', ms)
  }

  #arm(at: number, run: () => void, hold: boolean): Disposable {
    if (Number.isNaN(at)) throw invalidOptions('at', 'is not a number', 'Pass a time on the line of monotonic().')
    const alarm = this.#queue.add(at, run, hold)
    if (at <= this.#elapsed) {
      this.#dueAtOnce += 1
      this.#kick()
    }
    return alarm
  }

  #moveTo(elapsed: number): void {
    if (elapsed <= this.#elapsed) return
    this.#turnEnds.come()
    this.#elapsed = elapsed
    this.#dueAtOnce = 0
  }

  // Fires one alarm that is due, if there is one.
  #fire(): void {
    try {
      this.#queue.take(this.#elapsed)?.()
    } catch (error) {
      this.#drive.failed(error)
    }
  }

  // A move under way fires what is due; otherwise one alarm goes off in each turn. Nobody would hear then of what it
  // throws, so that stays uncaught, as it would be with a real timer.
  #kick(): void {
    if (this.#kicked || this.#drive.active) return
    this.#kicked = true
    inNextTurn(() => {
      this.#kicked = false
      if (this.#drive.active) return
      this.#fire()
      this.#kickIfDue()
      this.#drive.rethrow()
    })
  }

  #kickIfDue(): void {
    const next = this.#queue.next()
    if (next !== undefined && next <= this.#elapsed) this.#kick()
  }

  async #move(move: () => Promise<void>): Promise<void> {
    try {
      await this.#drive.run(move)
    } finally {
      this.#kickIfDue()
    }
  }

  async #fireAndSettle(at: number): Promise<void> {
    if (this.#dueAtOnce > DUE_AT_ONCE_LIMIT) throw gaveUp('alarms are armed again and again for the same moment', 0)
    this.#moveTo(at)
    this.#fire()
    await this.#realWork.quiet()
  }

  async #settle(): Promise<void> {
    await this.#realWork.quiet()
    await this.#stepTo(this.#elapsed)
  }

  async #stepTo(target: number): Promise<void> {
    for (let next = this.#queue.next(); next !== undefined && next <= target; next = this.#queue.next()) {
      await this.#fireAndSettle(next)
    }
    this.#moveTo(target)
  }
}
