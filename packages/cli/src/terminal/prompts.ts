import type { Readable, Writable } from 'node:stream'
import { secret, type Secret } from '@evergrant/core'
import type { Io } from '../io.ts'
import { trimCopied } from './copied.ts'
import { Interrupted } from './interrupts.ts'

interface Choice<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly hint?: string
}

interface PromptOptions {
  /** Takes the question back, with its own reason. */
  readonly signal?: AbortSignal
  /** Says what is wrong with an answer; it is then asked for again. */
  readonly check?: (answer: string) => string | undefined
}

/** Questions to a person. Each rejects with `Interrupted` on Ctrl-C, or with the reason of a signal. */
export interface Prompts {
  choose<Value extends string>(question: string, choices: readonly Choice<Value>[]): Promise<Value>
  /** Without white space, or what cannot be seen, at its ends. */
  ask(question: string, options?: PromptOptions): Promise<string>
  /** The same, not shown while it is typed or pasted, nor afterwards. What was wrong is gone when it is asked for again. */
  askSecret(question: string, options?: PromptOptions): Promise<Secret>
}

/** Questions at the terminal, on stderr: stdout is for the answer of the command. `null` without a terminal. */
export async function terminalPrompts(io: Io): Promise<Prompts | null> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) return null
  const clack = await import('@clack/prompts')
  const streams = { input: io.stdin as Readable, output: io.stderr as Writable }
  const { signal: interrupted } = io.interrupts

  async function answered(
    signal: AbortSignal | undefined,
    show: (signal: AbortSignal) => Promise<string | symbol>,
  ): Promise<string> {
    const either = signal === undefined ? interrupted : AbortSignal.any([interrupted, signal])
    either.throwIfAborted()
    const answer = await show(either)
    either.throwIfAborted()
    // A terminal in raw mode sends Ctrl-C as a key.
    if (typeof answer === 'symbol') throw new Interrupted('SIGINT')
    return trimCopied(answer)
  }

  const checked = (check: PromptOptions['check']) => (answer: string | undefined) => {
    const text = trimCopied(answer ?? '')
    return text === '' ? 'An answer is needed here.' : check?.(text)
  }

  return {
    async choose(message, choices) {
      const options = choices.map((choice) => ({ ...choice }))
      const value = await answered(undefined, (signal) =>
        clack.select<string>({ ...streams, signal, message, options }),
      )
      const chosen = choices.find((choice) => choice.value === value)
      if (chosen === undefined) throw new Interrupted('SIGINT')
      return chosen.value
    },
    ask: (message, { signal, check } = {}) =>
      answered(signal, (either) => clack.text({ ...streams, signal: either, message, validate: checked(check) })),
    async askSecret(message, { signal, check } = {}) {
      // Not even dots: a pasted token has hundreds, and their number tells its length.
      const options = { ...streams, message, validate: checked(check), mask: '', clearOnError: true }
      return secret(await answered(signal, (either) => clack.password({ ...options, signal: either })))
    },
  }
}
