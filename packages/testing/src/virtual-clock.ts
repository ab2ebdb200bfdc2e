import { EvergrantError, invalidOptions, type AlarmOptions, type Clock } from '@evergrant/core'
import { alarmHeap, type ArmedAlarm } from './alarm-heap.ts'
import { createDrive } from './drive.ts'
import { eventLoopTurns, inNextTurn } from './event-loop.ts'

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
// Promise chains and in-process fetch handlers need one turn; the others are for code that takes a turn of its own.
const TURNS_TO_SETTLE = 3
// Real ms, for what only the real event loop can finish: files, sockets, worker threads.
const PATIENCE_WITH_REAL_IO = 10_000
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
  /** The same true time for a fake server: its `now()` is never skewed, and its alarms are not counted in `pending`. */
  readonly server: Clock
  readonly #start: number
  readonly #heap = alarmHeap()
  readonly #drive = createDrive()
  readonly #turnEnds: (() => void)[] = []
  readonly #leftToMove: ArmedAlarm[] = []
  #elapsed = 0
  #skew: number
  #order = 0
  #pending = 0
  #held = 0
  #dueAtOnce = 0

  constructor(options: VirtualClockOptions = {}) {
    this.#start = finite('now', options.now ?? DEFAULT_START)
    this.#skew = finite('skew', options.skew ?? 0)
    this.server = {
      now: () => this.time,
      monotonic: () => this.#elapsed,
      alarm: (at, run, alarmOptions) => this.#arm(at, run, alarmOptions, true),
    }
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
    return this.#pending
  }

  /** How many of them would keep the process alive. */
  get held(): number {
    return this.#held
  }

  /** When the next alarm is due, a fake server's included; on the `monotonic()` line. `null` if none is armed. */
  get nextAt(): number | null {
    return this.#heap.earliest()?.at ?? null
  }

  now(): number {
    return this.time + this.#skew
  }

  monotonic(): number {
    return this.#elapsed
  }

  alarm(at: number, run: () => void, options?: AlarmOptions): Disposable {
    return this.#arm(at, run, options, false)
  }

  /** A jump of either line of time ends the turn too, so that no reading outlives it. */
  endOfTurn(run: () => void): void {
    this.#turnEnds.push(run)
    if (this.#turnEnds.length === 1) inNextTurn(() => this.#endTurn())
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
        const next = this.#heap.earliest()
        if (next === undefined) throw gaveUp('no alarm is armed', waited)
        if (next.at > start + limit) throw gaveUp(`the next alarm is beyond the limit of ${limit} ms`, waited)
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
    await this.#move(async () => {
      const start = performance.now()
      await this.#settle()
      while (!(await condition())) {
        const waited = performance.now() - start
        if (waited > PATIENCE_WITH_REAL_IO) throw gaveUp('the real event loop did not bring it about', waited)
        await this.#settle()
      }
    })
  }

  /** The machine is asleep for `ms`: both lines move, nothing fires. Overdue alarms fire at the next advance or settle. */
  sleep(ms: number): void {
    this.#moveTo(this.#elapsed + duration('ms', ms))
  }

  /** Sets the wall clock back by `ms`. True and monotonic time do not move. */
  setBack(ms: number): void {
    this.#endTurn()
    this.#skew -= duration('ms', ms)
  }

  /** Sets the wall clock forward by `ms`. True and monotonic time do not move. */
  setForward(ms: number): void {
    this.#endTurn()
    this.#skew += duration('ms', ms)
  }

  #arm(at: number, run: () => void, options: AlarmOptions | undefined, foreign: boolean): Disposable {
    if (Number.isNaN(at)) throw invalidOptions('at', 'is not a number', 'Pass a time on the line of monotonic().')
    const alarm: ArmedAlarm = { at, run, order: this.#order, hold: options?.hold === true, foreign, slot: -1 }
    this.#order += 1
    this.#heap.add(alarm)
    this.#count(alarm, 1)
    if (at <= this.#elapsed) {
      this.#dueAtOnce += 1
      inNextTurn(() => this.#fireUndriven(alarm))
    }
    return { [Symbol.dispose]: () => void this.#disarm(alarm) }
  }

  #disarm(alarm: ArmedAlarm): boolean {
    if (!this.#heap.remove(alarm)) return false
    this.#count(alarm, -1)
    return true
  }

  #count(alarm: ArmedAlarm, step: 1 | -1): void {
    if (alarm.foreign) return
    this.#pending += step
    if (alarm.hold) this.#held += step
  }

  #moveTo(elapsed: number): void {
    if (elapsed <= this.#elapsed) return
    this.#endTurn()
    this.#elapsed = elapsed
    this.#dueAtOnce = 0
  }

  #endTurn(): void {
    for (const run of this.#turnEnds.splice(0)) run()
  }

  #fire(alarm: ArmedAlarm): void {
    if (!this.#disarm(alarm)) return
    try {
      alarm.run()
    } catch (error) {
      this.#drive.failed(error)
    }
  }

  // A move under way fires what is due in order. Outside one nobody would hear of a failure, so it stays uncaught, as
  // it would be with a real timer.
  #fireUndriven(alarm: ArmedAlarm): void {
    if (this.#drive.active) {
      this.#leftToMove.push(alarm)
      return
    }
    this.#fire(alarm)
    this.#drive.rethrow()
  }

  async #move(move: () => Promise<void>): Promise<void> {
    try {
      await this.#drive.run(move)
    } finally {
      for (const alarm of this.#leftToMove.splice(0)) inNextTurn(() => this.#fireUndriven(alarm))
    }
  }

  async #fireAndSettle(alarm: ArmedAlarm): Promise<void> {
    if (this.#dueAtOnce > DUE_AT_ONCE_LIMIT) throw gaveUp('alarms are armed again and again for the same moment', 0)
    this.#moveTo(alarm.at)
    this.#fire(alarm)
    await eventLoopTurns(TURNS_TO_SETTLE)
  }

  async #settle(): Promise<void> {
    await eventLoopTurns(TURNS_TO_SETTLE)
    await this.#stepTo(this.#elapsed)
  }

  async #stepTo(target: number): Promise<void> {
    for (let next = this.#heap.earliest(); next !== undefined && next.at <= target; next = this.#heap.earliest()) {
      await this.#fireAndSettle(next)
    }
    this.#moveTo(target)
  }
}

function finite(option: string, value: number): number {
  if (!Number.isFinite(value)) throw invalidOptions(option, `${value} is not a time`, 'Pass a finite number of ms.')
  return value
}

function duration(option: string, value: number): number {
  if (finite(option, value) < 0) throw invalidOptions(option, `${value} is negative`, 'Time does not run back.')
  return value
}

function gaveUp(why: string, waited: number): EvergrantError<'wait-timeout'> {
  return new EvergrantError('wait-timeout', {
    message: `Virtual time stopped waiting: ${why} (${Math.round(waited)} ms went by)`,
    help: 'Look at the status of the session and at the requests of the fake server: one of them says what it waits for.',
    details: { waited },
  })
}
