import { Option, type Command } from 'commander'
import { chooseAccount } from '../account/choice.ts'
import { summaryView } from '../doctor/findings-view.ts'
import { showProgress } from '../doctor/show-progress.ts'
import { systemFacts } from '../doctor/system-facts.ts'
import { paintFor } from '../output/paint.ts'
import { writeJson } from '../output/write-json.ts'
import { terminalPrompts } from '../terminal/prompts.ts'
import { collect, withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface DoctorFlags extends CommonFlags {
  readonly need?: readonly string[]
  readonly login: boolean
  readonly yes?: boolean
  readonly redirectUri?: string
  readonly clientId?: string
}

/** `evergrant doctor`: what is wrong, why, and what to do; one login at most, and none without being asked. */
export function addDoctor(program: Command, ports: CommandPorts): void {
  const doctor = program
    .command('doctor')
    .description('find out what is wrong, why, and what to do about it; tries one login at most, and asks before')
    .addOption(new Option('--need <scope>', 'a scope that the login is to have; may be repeated').argParser(collect))
    .option('-y, --yes', 'try one login without asking')
    .option('--no-login', 'try none')
    .option('--redirect-uri <uri>', 'check this redirect URI of your application too')
    .option('--client-id <id>', 'of that application (default: that of the account)')
  withExamples(withAccount(doctor), [
    ['evergrant doctor', 'asks before it tries a login'],
    [
      'evergrant doctor --no-login --json',
      'for a machine; exits with 10 where there are warnings alone, else with the code of the first error',
    ],
    ['evergrant doctor --yes --need trade', 'whether a bot could place orders'],
    ['evergrant doctor --redirect-uri http://localhost:8000 --client-id ID', 'a redirect URI mismatch'],
  ]).action(async (flags: DoctorFlags) => ports.endWith(await diagnose(flags, ports)))
}

async function diagnose(flags: DoctorFlags, { io }: CommandPorts): Promise<number> {
  const { json = false, need = [], redirectUri, clientId } = flags
  const choice = chooseAccount(flags, io)
  // Only here: no other command needs the checks.
  const { examine } = await import('../doctor/examine.ts')
  const redirect = redirectUri === undefined ? null : { uri: redirectUri, clientId }
  const login = flags.login ? (flags.yes === true ? 'yes' : 'ask') : 'no'
  // Whoever reads JSON answers no questions.
  const prompts = json ? null : await terminalPrompts(io)
  using progress = showProgress(io, json)
  const ports = { io, prompts, system: systemFacts(), progress }
  const report = await examine({ choice, need, login, redirect }, ports)
  if (json) writeJson(io.stdout, report)
  else io.stdout.write(summaryView(report, paintFor(io.stdout, io.env)))
  return report.exitCode
}
