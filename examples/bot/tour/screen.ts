import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where the tour is told: lines, and below them one that says what is going on. */
export interface Screen {
  /** Everything that was ever written. */
  readonly written: string
  /** Columns that a line may have. */
  readonly width: number
  readonly line: (text?: string) => void
  /** Shows what is going on. Rewritten in place on a terminal; elsewhere a line every few seconds. */
  readonly progress: (text: string) => void
  /** Takes the progress line away. */
  readonly clear: () => void
  readonly style: (format: Style, text: string) => string
}

/** Ms between two progress lines where none can be rewritten. */
const PLAIN_PROGRESS = 5_000
const NARROWEST = 80
const WIDEST = 100
const ERASE_LINE = '\r\u001b[K'

/** Colours follow the stream and `NO_COLOR`. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  const inPlace = stream.isTTY && process.env['TERM'] !== 'dumb'
  let written = ''
  let shown = ''
  let plainAt = 0

  // One write a change, so that nothing flickers.
  function write(text: string): void {
    written += text
    stream.write(text)
  }

  return {
    get written() {
      return written
    },
    get width() {
      return Math.min(Math.max(stream.columns || WIDEST, NARROWEST), WIDEST)
    },
    line(text = '') {
      write(shown === '' ? `${text}\n` : `${ERASE_LINE}${text}\n${shown}`)
    },
    progress(text) {
      const now = Date.now()
      if (inPlace) {
        const next = styleText('dim', text.slice(0, (stream.columns || NARROWEST) - 1), { stream })
        if (next !== shown) write(`${ERASE_LINE}${next}`)
        shown = next
      } else if (now - plainAt >= PLAIN_PROGRESS) {
        plainAt = now
        write(`${text}\n`)
      }
    },
    clear() {
      if (shown !== '') write(ERASE_LINE)
      shown = ''
    },
    style: (format, text) => styleText(format, text, { stream }),
  }
}
