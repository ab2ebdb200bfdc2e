import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process that is spoken to in lines of JSON. */
export interface Child<Command, Report> {
  tell(command: Command): void
  /** The next thing that it says; `null` once it has ended. Rejects if it stays silent for too long. */
  hear(): Promise<Report | null>
  /** Closes its input. */
  dismiss(): void
  kill(): void
  /** How it ended: its exit code, or the signal. Rejects if it goes on for too long. */
  end(): Promise<number | NodeJS.Signals>
}

/** Far above what anything here takes, also on a busy machine: beyond it, a process hangs. In ms. */
const PATIENCE = 60_000

/** Starts a program; `name` is what messages call it. Kill it, or end it, before the test is over. */
export function startChild<Command, Report>(program: string, name: string): Child<Command, Report> {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  // A word to one that is gone.
  child.stdin.on('error', () => undefined)
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let last = 'being started'

  async function inTime<T>(what: string, awaited: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} ${what} within ${PATIENCE} ms of ${last}`)), PATIENCE)
    })
    try {
      return await Promise.race([awaited, late])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    tell(command) {
      last = `being told to ${(command as { readonly do: string }).do}`
      child.stdin.write(`${JSON.stringify(command)}\n`)
    },
    async hear() {
      const line = await inTime('said nothing', lines.next())
      if (line.done === true) return null
      last = `saying ${line.value}`
      return JSON.parse(line.value) as Report
    },
    dismiss() {
      last = 'being dismissed'
      child.stdin.end()
    },
    kill: () => void child.kill('SIGKILL'),
    end: () => inTime('did not end', exit),
  }
}
