import { styleText } from 'node:util'
import type { Io, Output } from '../io.ts'

export type Ink = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** Colours a text, or gives it back as it is. */
export type Paint = (ink: Ink, text: string) => string

/**
 * For one output. `NO_COLOR` wins over `FORCE_COLOR`, both by their conventions (no-color.org, force-color.org); without them a
 * terminal is coloured, and a file or a pipe is not.
 */
export function paintFor(output: Output, env: Io['env']): Paint {
  return isColoured(output, env) ? (ink, text) => styleText(ink, text, { validateStream: false }) : (_ink, text) => text
}

/** Whether an output is to be coloured. */
export function isColoured(output: Output, env: Io['env']): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return output.isTTY === true && env['TERM'] !== 'dumb'
}
