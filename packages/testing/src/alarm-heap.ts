/** One armed alarm, and where it stands in the heap. */
export interface ArmedAlarm {
  readonly at: number
  readonly order: number
  readonly run: () => void
  readonly hold: boolean
  /** Armed by a fake server, which is not part of the machine under test. */
  readonly foreign: boolean
  /** Its index in the heap; -1 once fired or disposed. */
  slot: number
}

/** The armed alarms, earliest first, equal times in order of arming. Removing one costs no more than adding one. */
export interface AlarmHeap {
  readonly size: number
  earliest(): ArmedAlarm | undefined
  add(alarm: ArmedAlarm): void
  /** False if it is not in the heap any more. */
  remove(alarm: ArmedAlarm): boolean
}

function before(a: ArmedAlarm, b: ArmedAlarm): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A binary heap whose entries know their index, so that a disposed alarm leaves nothing behind. */
export function alarmHeap(): AlarmHeap {
  const heap: ArmedAlarm[] = []

  function place(alarm: ArmedAlarm, slot: number): void {
    heap[slot] = alarm
    alarm.slot = slot
  }

  function rise(alarm: ArmedAlarm, from: number): void {
    let slot = from
    while (slot > 0) {
      const parent = heap[(slot - 1) >> 1]
      if (parent === undefined || !before(alarm, parent)) break
      const above = parent.slot
      place(parent, slot)
      slot = above
    }
    place(alarm, slot)
  }

  function sink(alarm: ArmedAlarm, from: number): void {
    let slot = from
    for (;;) {
      const left = heap[slot * 2 + 1]
      const right = heap[slot * 2 + 2]
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left
      if (child === undefined || !before(child, alarm)) break
      const below = child.slot
      place(child, slot)
      slot = below
    }
    place(alarm, slot)
  }

  return {
    get size() {
      return heap.length
    },
    earliest: () => heap[0],
    add(alarm) {
      heap.push(alarm)
      rise(alarm, heap.length - 1)
    },
    remove(alarm) {
      const slot = alarm.slot
      if (slot < 0 || heap[slot] !== alarm) return false
      alarm.slot = -1
      const last = heap.pop()
      if (last === undefined || last === alarm) return true
      sink(last, slot)
      if (last.slot === slot) rise(last, slot)
      return true
    },
  }
}
