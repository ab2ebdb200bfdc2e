/** One line of a chart. */
interface Line {
  readonly name: string
  /** As many as there are places on the x axis. */
  readonly values: readonly number[]
}

export interface Chart {
  readonly title: string
  readonly x: { readonly name: string; readonly places: readonly number[] }
  readonly y: { readonly name: string; readonly log: boolean }
  readonly lines: readonly Line[]
}

const WIDTH = 640
const HEIGHT = 300
const LEFT = 64
const RIGHT = 170
const TOP = 40
const BOTTOM = 44
/** Told apart by people who do not tell colours apart too: blue, orange, green-blue, purple. */
const COLOURS = ['#3b6fd4', '#d9822b', '#1d8f7d', '#8a4fbf']
const INK = '#8b93a1'

/** An SVG that reads on white and on black. Places stand at equal distances, as they grow by a factor or by one. */
export function drawChart({ title, x, y, lines }: Chart): string {
  const top = Math.max(...lines.flatMap(({ values }) => values))
  const scale = y.log ? Math.log10(top * 1.5) : top * 1.15
  const across = (place: number) => LEFT + ((WIDTH - LEFT - RIGHT) * place) / Math.max(1, x.places.length - 1)
  const up = (value: number) => {
    const share = (y.log ? Math.max(0, Math.log10(value)) : value) / scale
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
  }
  const text = (at: number, height: number, words: string, more = '') =>
    `<text x="${at.toFixed(1)}" y="${height.toFixed(1)}" fill="${INK}" ${more}>${escaped(words)}</text>`
  const marks = (y.log ? powersUpTo(top) : [0, top / 2, top]).map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up(value).toFixed(1)}" y2="${up(value).toFixed(1)}" stroke="${INK}" stroke-opacity="0.25"/>` +
      text(LEFT - 8, up(value) + 4, short(value), 'text-anchor="end"'),
  )
  const drawn = lines.map(({ name, values }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? INK
    const points = values.map((value, place) => `${across(place).toFixed(1)},${up(value).toFixed(1)}`)
    const dots = points.map((point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3.5"/>`)
    const end = up(values.at(-1) ?? 0)
    return (
      `<g fill="${colour}"><polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}` +
      `<text x="${WIDTH - RIGHT + 12}" y="${(end + 4).toFixed(1)}">${escaped(name)}</text></g>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    text(LEFT, 20, title, 'font-size="14" font-weight="600"'),
    ...marks,
    ...x.places.map((place, index) => text(across(index), HEIGHT - BOTTOM + 18, short(place), 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, x.name, 'text-anchor="middle"'),
    text(LEFT - 8, TOP - 6, y.name, 'text-anchor="end"'),
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

function powersUpTo(top: number): readonly number[] {
  return Array.from({ length: Math.floor(Math.log10(top)) + 1 }, (_, power) => 10 ** power)
}

function short(value: number): string {
  if (value >= 1_000) return `${Number((value / 1_000).toFixed(1)).toLocaleString('en')}k`
  return Number(value.toFixed(value < 10 ? 1 : 0)).toLocaleString('en')
}

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
