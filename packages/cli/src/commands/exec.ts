import type { Command } from 'commander'
import { presentToken } from '../account/present-token.ts'
import { withChosenSession } from '../account/with-session.ts'
import { runChild } from '../exec/run-child.ts'
import { usage } from '../output/command-error.ts'
import {
  withAccount,
  withExamples,
  withToken,
  type CommandPorts,
  type CommonFlags,
  type TokenFlags,
} from './command-ports.ts'

interface ExecFlags extends CommonFlags, TokenFlags {
  readonly as: string
}

const VARIABLE = /^[A-Za-z_]\w*$/

/** `evergrant exec`: a program with the token in its environment, where no list of processes shows it. */
export function addExec(program: Command, ports: CommandPorts): void {
  const exec = program
    .command('exec')
    .description('run a command with the token in one variable of its environment')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('--as <name>', 'the variable', 'EVERGRANT_TOKEN')
    .passThroughOptions()
  withExamples(withAccount(withToken(exec)), [
    ['evergrant exec -- node report.js --all', 'report.js finds the token in EVERGRANT_TOKEN'],
    ['evergrant exec --as TT_TOKEN --min-ttl 10m -- ./nightly.sh', 'in another variable, with ten minutes to go'],
  ]).action(async (command: readonly string[], flags: ExecFlags) => ports.endWith(await execute(command, flags, ports)))
}

/** The session ends before the command begins: nothing is held while that runs. */
async function execute(
  [file = '', ...parameters]: readonly string[],
  flags: ExecFlags,
  { io }: CommandPorts,
): Promise<number> {
  if (!VARIABLE.test(flags.as)) {
    throw usage(`${JSON.stringify(flags.as)} is no name of a variable`, 'Use letters, digits and underscores.')
  }
  const { signal } = io.interrupts
  const { value } = await withChosenSession(flags, io, (session) =>
    presentToken(session, { minTtl: flags.minTtl, maxWait: flags.timeout, signal }, io.clock),
  )
  return runChild(file, parameters, { ...io.env, [flags.as]: value }, io)
}
