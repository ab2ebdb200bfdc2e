import type { FetchFunction } from '@evergrant/adapters/fetch'
import type { Clock } from '@evergrant/core'
import type { Interrupts } from './terminal/interrupts.ts'

/** Where a command reads from; `process.stdin` is one. */
type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }

/** Where a command writes to; `process.stdout` is one. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

/** The edge: all that a command touches of the process in which it runs. */
export interface Io {
  readonly stdin: Input
  /** The answer that was asked for, and nothing else. */
  readonly stdout: Output
  /** Everything that is said to a person beside the answer. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths count from. */
  readonly cwd: string
  readonly interrupts: Interrupts
  readonly clock: Clock
  /** Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined
}
