import type { AlarmOptions, Clock } from '@evergrant/core'
import type { World } from './world.ts'

/** A machine: processes on it share its wall clock and its sleep. */
export interface VirtualHost {
  readonly name: string
  /** Ms by which its wall clock is ahead of true time. */
  readonly skew: number
  /** It is wrong, or was at some time. */
  readonly clockWasWrong: boolean
  readonly asleep: boolean
  /** Nothing on it happens for so many ms; what falls due happens on waking. */
  sleep(ms: number): void
  wake(): void
  /** Moves its wall clock by so many ms, either way. */
  setClock(by: number): void
  /** Runs `run` after so many ms, or on waking. */
  after(ms: number, run: () => void): Disposable
}

/** What waits on a host, and the handle that cancels it. A class, as every call to the store and the server makes some. */
class HostAlarm implements Disposable {
  armed: Disposable | null = null
  cancelled = false;

  [Symbol.dispose](): void {
    this.cancelled = true
    this.armed?.[Symbol.dispose]()
  }
}

export function createHost(world: World, name: string, skewAtFirst: number): VirtualHost {
  let skew = skewAtFirst
  let clockWasWrong = skew !== 0
  let wakesAt = 0
  const overdue: (() => void)[] = []

  const asleep = () => world.elapsed < wakesAt

  function wakeUp(): void {
    if (asleep()) return
    // Each an event of its own, in the order in which they fell due.
    for (const run of overdue.splice(0)) world.after(0, run)
  }

  function after(ms: number, run: () => void): Disposable {
    const alarm = new HostAlarm()
    const fire = () => {
      if (alarm.cancelled) return
      if (asleep()) overdue.push(fire)
      else run()
    }
    alarm.armed = world.after(ms, fire)
    return alarm
  }

  return {
    name,
    get skew() {
      return skew
    },
    get clockWasWrong() {
      return clockWasWrong
    },
    get asleep() {
      return asleep()
    },
    sleep(ms) {
      wakesAt = Math.max(wakesAt, world.elapsed + ms)
      world.after(ms, wakeUp)
    },
    wake() {
      wakesAt = world.elapsed
      wakeUp()
    },
    setClock(by) {
      skew += by
      clockWasWrong = true
    },
    after,
  }
}

/** A program that runs on a host until it is killed. */
export interface VirtualProcess {
  readonly name: string
  readonly host: VirtualHost
  readonly alive: boolean
  readonly clock: Clock
  /** Alarms that it has set and not cancelled. */
  readonly alarms: number
  /** Runs `run` after so many ms, on waking, or never if it is dead by then. */
  after(ms: number, run: () => void): Disposable
  /** It stops at this very point: whatever it waits for never comes. */
  kill(): void
  onKill(run: () => void): void
}

/** An alarm that a process has set, counted until it fires or is cancelled. */
class ProcessAlarm implements Disposable {
  waiting: Disposable | null = null
  readonly #disarmed: () => void
  #armed = true

  constructor(disarmed: () => void) {
    this.#disarmed = disarmed
  }

  disarm(): void {
    if (this.#armed) this.#disarmed()
    this.#armed = false
  }

  [Symbol.dispose](): void {
    this.disarm()
    this.waiting?.[Symbol.dispose]()
  }
}

export function createProcess(world: World, host: VirtualHost, name: string): VirtualProcess {
  const born = world.elapsed
  const whenKilled: (() => void)[] = []
  let alive = true
  let alarms = 0
  const disarmed = () => void (alarms -= 1)

  const after = (ms: number, run: () => void) =>
    host.after(ms, () => {
      if (alive) run()
    })

  function alarm(at: number, run: () => void, _options?: AlarmOptions): Disposable {
    const set = new ProcessAlarm(disarmed)
    alarms += 1
    set.waiting = after(at - (world.elapsed - born), () => {
      set.disarm()
      run()
    })
    return set
  }

  return {
    name,
    host,
    get alive() {
      return alive
    },
    get alarms() {
      return alarms
    },
    clock: {
      now: () => world.now + host.skew,
      monotonic: () => world.elapsed - born,
      alarm,
      endOfTurn: (run) => world.endOfStep(run),
    },
    after,
    kill() {
      if (!alive) return
      alive = false
      for (const run of whenKilled.splice(0)) run()
    },
    onKill: (run) => void whenKilled.push(run),
  }
}
