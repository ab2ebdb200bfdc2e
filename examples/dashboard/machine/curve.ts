import type { Layout, Place } from './places.ts'

/** How far a curve leaves the straight line, as a share of its length; there and back then run apart. */
const BEND = 0.13
/** Room between a box and the point of an arrow. */
const GAP = 5

/** A curve from the border of one box to that of another, as the `d` of an SVG path. */
export function curve({ box }: Layout, from: Place, to: Place): string {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  const bend = { x: middle.x - (to.y - from.y) * BEND, y: middle.y + (to.x - from.x) * BEND }
  const start = borderTowards(from, bend, box, 0)
  const end = borderTowards(to, bend, box, GAP)
  return `M ${point(start)} Q ${point(bend)} ${point(end)}`
}

/** Where the line from the middle of a box to a point outside leaves the box. */
function borderTowards(centre: Place, outside: Place, box: Layout['box'], gap: number): Place {
  const x = outside.x - centre.x
  const y = outside.y - centre.y
  const reach = Math.min(
    x === 0 ? Infinity : (box.width / 2 + gap) / Math.abs(x),
    y === 0 ? Infinity : (box.height / 2 + gap) / Math.abs(y),
  )
  return { x: centre.x + x * reach, y: centre.y + y * reach }
}

function point({ x, y }: Place): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}
