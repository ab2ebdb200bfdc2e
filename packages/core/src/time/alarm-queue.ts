/** Alarms in order of their time, the earlier set first among equals. For whoever builds a {@link Clock}. */
export interface AlarmQueue {
  /** Alarms that wait. */
  readonly size: number
  /** Of these, the ones that keep the process alive. */
  readonly held: number
  /** The time of the earliest alarm, or `undefined`. */
  next(): number | undefined
  add(at: number, run: () => void, hold: boolean): Disposable
  /** Takes the earliest alarm out if it is due at `now`. */
  take(now: number): (() => void) | undefined
}

/** What waits in the queue, and at the same time the handle that cancels it: every session has one. */
class Alarm implements Disposable {
  readonly at: number
  readonly order: number
  readonly hold: boolean
  run: (() => void) | null
  readonly #cancel: (alarm: Alarm) => void

  constructor(at: number, order: number, hold: boolean, run: () => void, cancel: (alarm: Alarm) => void) {
    this.at = at
    this.order = order
    this.hold = hold
    this.run = run
    this.#cancel = cancel
  }

  [Symbol.dispose](): void {
    if (this.run !== null) this.#cancel(this)
  }
}

/**
 * A binary heap. A taken or cancelled alarm stays in it, emptied, until it comes to the top or until more than half of
 * the heap is such; so that both setting and cancelling are cheap for thousands of sessions. `onCancel` is called after
 * each cancellation.
 */
export function createAlarmQueue(onCancel: () => void = () => undefined): AlarmQueue {
  let heap: Alarm[] = []
  let order = 0
  let live = 0
  let held = 0

  const before = (a: Alarm, b: Alarm) => a.at < b.at || (a.at === b.at && a.order < b.order)

  function rise(index: number): void {
    const alarm = heap[index]!
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(alarm, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = alarm
  }

  function sink(index: number): void {
    const alarm = heap[index]!
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, alarm)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = alarm
  }

  function pop(): void {
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    sink(0)
  }

  function dropEmptied(): void {
    while (heap.length > 0 && heap[0]!.run === null) pop()
  }

  function settle(alarm: Alarm): void {
    alarm.run = null
    live -= 1
    if (alarm.hold) held -= 1
  }

  function cancel(alarm: Alarm): void {
    settle(alarm)
    if (heap.length > 64 && live < heap.length / 2) compact()
    onCancel()
  }

  function compact(): void {
    heap = heap.filter((alarm) => alarm.run !== null)
    for (let index = (heap.length >> 1) - 1; index >= 0; index -= 1) sink(index)
  }

  return {
    get size() {
      return live
    },
    get held() {
      return held
    },
    next() {
      dropEmptied()
      return heap[0]?.at
    },
    add(at, run, hold) {
      const alarm = new Alarm(at, (order += 1), hold, run, cancel)
      live += 1
      if (hold) held += 1
      heap.push(alarm)
      rise(heap.length - 1)
      return alarm
    },
    take(now) {
      dropEmptied()
      const alarm = heap[0]
      if (alarm === undefined || alarm.at > now) return undefined
      const { run } = alarm
      settle(alarm)
      return run ?? undefined
    },
  }
}
