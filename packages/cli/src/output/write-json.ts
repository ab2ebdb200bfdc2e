import type { Output } from '../io.ts'

/** One line, so that a stream of answers can be read line by line. */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`)
}
