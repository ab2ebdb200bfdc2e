import type { AccountReport } from '@evergrant/core'
import type { Command } from 'commander'
import type { Account } from '../account/account.ts'
import { chooseAccount } from '../account/choice.ts'
import { openAccount } from '../account/open-account.ts'
import type { Io } from '../io.ts'
import { paintFor } from '../output/paint.ts'
import { reportView } from '../output/report-view.ts'
import { writeJson } from '../output/write-json.ts'
import { liveView } from '../terminal/live-view.ts'
import { tick } from '../terminal/tick.ts'
import { withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface StatusFlags extends CommonFlags {
  readonly watch?: boolean
}

/** Ms between two looks at the store: the count-down shows seconds. */
const EVERY = 1_000

/** `evergrant status`: how the account stands, from the store alone; nothing is sent. */
export function addStatus(program: Command, ports: CommandPorts): void {
  const status = program
    .command('status')
    .description('show state, expiry, next refresh, block and login budget; sends nothing')
    .option('--watch', 'follow it, until Ctrl-C')
  withExamples(withAccount(status), [
    ['evergrant status', 'one look'],
    ['evergrant status --watch', 'a live view; in a pipe, one text for each change'],
    ['evergrant status --json', 'all times in epoch ms'],
  ]).action((flags: StatusFlags) => showStatus(flags, ports.io))
}

async function showStatus(flags: StatusFlags, io: Io): Promise<void> {
  const account = await openAccount(chooseAccount(flags, io), io)
  if (flags.watch === true) return watch(account, flags, io)
  const { report } = await account.look()
  if (flags.json === true) writeJson(io.stdout, report)
  else io.stdout.write(view(report, io))
}

function view(report: AccountReport, { stdout, env, clock }: Io): string {
  return reportView(report, clock.now(), paintFor(stdout, env))
}

/** On a terminal a view that stays in its place; elsewhere something new whenever the report has changed. */
async function watch(account: Account, { json }: StatusFlags, io: Io): Promise<void> {
  const { signal } = io.interrupts
  const live = io.stdout.isTTY === true && json !== true ? liveView(io.stdout) : null
  let last = ''
  while (!signal.aborted) {
    const { report } = await account.look()
    const told = JSON.stringify(report)
    if (live !== null) live.show(view(report, io))
    else if (told !== last) io.stdout.write(json === true ? `${told}\n` : `${view(report, io)}\n`)
    last = told
    await tick(io.clock, EVERY, signal)
  }
}
