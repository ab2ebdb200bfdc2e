import { SHOWN_BACK } from '../world/lab.ts'

const MINUTE = 60_000
/** How far ahead of now the timeline reaches, for what is expected. */
const AHEAD = 6 * MINUTE
/** Minutes between two marks, and CSS pixels that each needs. */
const ROUND = [5, 10] as const
const ROOM_FOR_MARK = 48

/** The part of time that is shown, and where it lies on the drawing. */
export interface Scale {
  readonly from: number
  readonly to: number
  readonly x: (at: number) => number
  /** Round times in between. */
  readonly marks: readonly number[]
}

/** `left` and `right` are where the drawing of time begins and ends. */
export function scaleAround(now: number, left: number, right: number): Scale {
  const from = now - SHOWN_BACK
  const to = now + AHEAD
  const every = ((right - left) / ((to - from) / MINUTE / ROUND[0]) < ROOM_FOR_MARK ? ROUND[1] : ROUND[0]) * MINUTE
  const first = Math.ceil(from / every) * every
  return {
    from,
    to,
    x: (at) => left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (right - left),
    marks: Array.from({ length: Math.floor((to - first) / every) + 1 }, (_, index) => first + index * every),
  }
}
