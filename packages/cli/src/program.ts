import tab from '@bomb.sh/tab/commander'
import { Command } from 'commander'
import { addAccounts } from './commands/accounts.ts'
import type { CommandPorts } from './commands/command-ports.ts'
import { addCurl } from './commands/curl.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExec } from './commands/exec.ts'
import { addKeys } from './commands/keys.ts'
import { addLogin } from './commands/login.ts'
import { addLogout } from './commands/logout.ts'
import { addRefresh } from './commands/refresh.ts'
import { addSandbox } from './commands/sandbox.ts'
import { addServe } from './commands/serve.ts'
import { addStatus } from './commands/status.ts'
import { addTest } from './commands/test.ts'
import { addToken } from './commands/token.ts'
import { EXIT_CODES, MEANINGS } from './output/exit-code.ts'
import { isColoured } from './output/paint.ts'
import { VERSION } from './version.ts'

/** The whole command line, as commander knows it. It throws where commander by itself would end the process. */
export function createProgram(ports: CommandPorts): Command {
  const { io } = ports
  const program = new Command('evergrant')
    .description('Keeps an OAuth2 access token alive, and hands it out.')
    .version(VERSION)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Told as every other failure is.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => isColoured(io.stdout, io.env),
      getErrHasColors: () => isColoured(io.stderr, io.env),
    })
  for (const add of [
    addLogin,
    addStatus,
    addToken,
    addCurl,
    addExec,
    addTest,
    addRefresh,
    addLogout,
    addAccounts,
    addDoctor,
    addSandbox,
    addServe,
    addKeys,
  ]) {
    add(program, ports)
  }
  tab(program, { completionCommandName: 'completion' })
  return program.addHelpText('after', exitCodeHelp())
}

const HELP_WIDTH = 100

function exitCodeHelp(): string {
  const lines = Object.entries(EXIT_CODES).map(
    ([ending, code]) => `  ${String(code).padEnd(4)} ${MEANINGS[ending as keyof typeof EXIT_CODES]}`,
  )
  return `\nExit codes:\n${lines.join('\n')}\n  128+n ended by signal n\n\nExamples:\n  $ evergrant status\n  $ evergrant exec -- node bot.js\n  $ source <(evergrant completion bash)`
}
