import { constants } from 'node:os'
import spawn from 'cross-spawn'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import type { InterruptName } from '../terminal/interrupts.ts'

/**
 * Runs a program on this terminal. Signals go on to it; gives its exit code, or 128 and the number of the signal that
 * ended it. Throws `not-found` or `not-executable`.
 */
export function runChild(file: string, parameters: readonly string[], env: Io['env'], io: Io): Promise<number> {
  io.interrupts.signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    // cross-spawn, for the scripts of Windows, which its own API does not start by their names.
    const child = spawn(file, [...parameters], { stdio: 'inherit', env: { ...env }, cwd: io.cwd })
    const diversion = io.interrupts.divert((name) => {
      if (isForChild(name, io)) child.kill(name)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      diversion[Symbol.dispose]()
      reject(notStarted(file, error))
    })
    child.once('exit', (code, signal) => {
      diversion[Symbol.dispose]()
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/** A terminal sends Ctrl-C to the program too; twice would mean more than once. */
function isForChild(name: InterruptName, { stdin }: Io): boolean {
  return name !== 'SIGPIPE' && !(name === 'SIGINT' && stdin.isTTY === true)
}

function notStarted(file: string, error: NodeJS.ErrnoException): CommandError {
  if (error.code === 'ENOENT') {
    const help = 'Check its name and PATH. Options of evergrant come before --, the command after it.'
    return new CommandError('not-found', { message: `There is no command ${JSON.stringify(file)}`, help })
  }
  const message = `${JSON.stringify(file)} cannot be started (${error.code ?? 'unknown'})`
  return new CommandError('not-executable', { message, help: 'Check that it may be executed.' })
}
