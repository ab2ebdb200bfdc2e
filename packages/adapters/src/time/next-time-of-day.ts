/** A time of day somewhere. */
export interface TimeOfDay {
  /** `HH:MM`, from 00:00 to 23:59. */
  readonly time: string
  /** By its IANA name, e.g. `Asia/Kolkata`. */
  readonly timeZone: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * The first moment after `after` at which the clocks there show that time; both in epoch ms. Where a clock that is set
 * forward passes over it, that is the moment of the change; where one that is set back shows it twice, either counts.
 *
 * A zone's offset is constant between its changes, so that there the answer is arithmetic.
 */
export function nextTimeOfDay(after: number, { time, timeZone }: TimeOfDay): number {
  const offsetAt = zoneOffsets(timeZone)
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const sinceMidnight = hours * HOUR + minutes * 60_000
  /** How far the clock of this moment is past that time of day. */
  const past = (local: number): number => modulo(local - sinceMidnight, DAY)
  const daysOf = (local: number): number => Math.floor((local - sinceMidnight) / DAY)

  let from = after
  for (;;) {
    const offset = offsetAt(from)
    const next = from + DAY - past(from + offset)
    const change = firstChange(offsetAt, from, next)
    if (change === null) return next
    const local = change + offsetAt(change)
    if (past(local) === 0 || daysOf(local) > daysOf(change - 1 + offset)) return change
    from = change
  }
}

/** The first moment after `from`, and not after `to`, with another offset than `from`; `null` if there is none. */
function firstChange(offsetAt: (moment: number) => number, from: number, to: number): number | null {
  const offset = offsetAt(from)
  for (let before = from; before < to; before += HOUR) {
    let changed = Math.min(before + HOUR, to)
    if (offsetAt(changed) === offset) continue
    let unchanged = before
    while (changed - unchanged > 1) {
      const middle = Math.floor((unchanged + changed) / 2)
      if (offsetAt(middle) === offset) unchanged = middle
      else changed = middle
    }
    return changed
  }
  return null
}

/** Ms by which the clocks of a zone are ahead of UTC. */
function zoneOffsets(timeZone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (moment) => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
    const [year, month, day] = [parts.get('year') ?? 0, parts.get('month') ?? 0, parts.get('day') ?? 0]
    const [hour, minute, second] = [parts.get('hour') ?? 0, parts.get('minute') ?? 0, parts.get('second') ?? 0]
    return Date.UTC(year, month - 1, day, hour, minute, second) - (moment - modulo(moment, 1_000))
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
