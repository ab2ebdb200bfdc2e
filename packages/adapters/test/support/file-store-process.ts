import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import type { Command, Report } from '../fixtures/file-store-command.ts'
import { bundledProgram } from '../processes/program.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface FileStoreProcess {
  readonly pid: number
  /** The next thing that it says. Rejects if it ends without a word. */
  hear(): Promise<Report>
  /** Lets it go on where it waits. */
  tell(): void
  /** Kills it as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>
  /** How it ended: its exit code, or the signal. */
  readonly ended: Promise<number | string>
}

export interface ProcessOptions {
  /** Bytes that a file may have at most, which is how a full disk looks to a write. */
  readonly largestFile?: number
}

const putProgram = bundledProgram(new URL('../fixtures/file-store-child.ts', import.meta.url))

/** Starts a process for one command; it is `ready` when this resolves, and does nothing until it is told. */
export async function startProcess(command: Command, options: ProcessOptions = {}): Promise<FileStoreProcess> {
  const node = [process.execPath, await putProgram(temporaryFolder()), JSON.stringify(command)]
  // In blocks of 512 bytes, as POSIX has it.
  const blocks = options.largestFile === undefined ? 'unlimited' : String(Math.ceil(options.largestFile / 512))
  const child = spawn('sh', ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, ...node], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  // A word to one that is gone.
  child.stdin.on('error', () => undefined)
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  const started: FileStoreProcess = {
    pid: child.pid ?? 0,
    async hear() {
      const line = await lines.next()
      if (line.done === true) throw new Error(`the process ended (${await ended}) without a word`)
      return JSON.parse(line.value) as Report
    },
    tell: () => void child.stdin.write('\n'),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    ended,
  }
  await started.hear()
  return started
}

/** Starts a process and lets it go on. */
export async function runProcess(command: Command, options?: ProcessOptions): Promise<FileStoreProcess> {
  const started = await startProcess(command, options)
  started.tell()
  return started
}
