import { clearScreenDown, moveCursor } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import type { Output } from '../io.ts'

/** A text on a terminal that each showing takes the place of. */
export interface LiveView {
  show(text: string): void
}

const NARROW = 80

export function liveView(output: Output): LiveView {
  let rows = 0
  return {
    show(text) {
      if (rows > 0) {
        moveCursor(output, 0, -rows)
        clearScreenDown(output)
      }
      output.write(text)
      const width = output.columns || NARROW
      const lines = stripVTControlCharacters(text).split('\n').slice(0, -1)
      rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0)
    },
  }
}
