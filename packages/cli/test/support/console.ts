import { PassThrough } from 'node:stream'
import { systemClock, type Clock } from '@evergrant/core'
import type { Io } from '../../src/io.ts'
import { run } from '../../src/main.ts'
import { createInterrupts, type InterruptName } from '../../src/terminal/interrupts.ts'
import { collector } from './collector.ts'

/** What came of one command line. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface ConsoleOptions {
  readonly cwd: string
  readonly env?: Io['env']
  readonly clock?: Clock
  readonly fetch?: Io['fetch']
  /** What is typed. */
  readonly input?: string
  /** True for a person in front of it. Default false. */
  readonly tty?: boolean
}

/** One command line that runs in this process. */
export interface Running {
  readonly ended: Promise<Outcome>
  /** What has been written so far. */
  readonly out: () => string
  readonly err: () => string
  /** Resolves once the text can be read on stdout. */
  saw(text: string): Promise<void>
  type(line: string): void
  interrupt(name?: InterruptName): void
}

/** Starts a command line as the bin does, but in this process. */
export function start(argv: readonly string[], options: ConsoleOptions): Running {
  const { cwd, env = {}, clock = systemClock, fetch, input, tty = false } = options
  const stdout = collector(tty)
  const stderr = collector(tty)
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => stdin })
  if (input !== undefined) stdin.end(input)
  const interrupts = createInterrupts()
  const io: Io = { stdin, stdout: stdout.stream, stderr: stderr.stream, env, cwd, interrupts, clock, fetch }
  const ended = run(argv, io).then((code) => ({ code, out: stdout.text(), err: stderr.text() }))
  return {
    ended,
    out: stdout.text,
    err: stderr.text,
    saw: stdout.saw,
    type: (line) => void stdin.write(`${line}\n`),
    interrupt: (name = 'SIGINT') => void interrupts.raise(name),
  }
}
