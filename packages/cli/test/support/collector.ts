import { Writable } from 'node:stream'
import type { Output } from '../../src/io.ts'

/** An output that keeps what is written to it. */
export interface Collector {
  readonly stream: Output
  /** What has been written so far. */
  readonly text: () => string
  /** Resolves once the text can be read. */
  readonly saw: (wanted: string) => Promise<void>
}

/** `isTTY`: a terminal of 100 columns. */
export function collector(isTTY: boolean): Collector {
  let text = ''
  const waiting = new Set<() => void>()
  const writable = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      for (const look of waiting) look()
      done()
    },
  })
  return {
    stream: Object.assign(writable, { isTTY, columns: 100 }),
    text: () => text,
    saw: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!text.includes(wanted)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
