import { listAccounts, readAccount, type AccountReport } from '@evergrant/core'
import type { Command } from 'commander'
import { chooseAccount, type AccountChoice } from '../account/choice.ts'
import { openAccount } from '../account/open-account.ts'
import type { Io } from '../io.ts'
import { columns } from '../output/columns.ts'
import { formatMoment } from '../output/moment.ts'
import { paintFor } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { standingOf } from '../output/report-view.ts'
import { writeJson } from '../output/write-json.ts'
import { withExamples, withOutput, withStore, type CommandPorts, type CommonFlags } from './command-ports.ts'

/** `evergrant accounts`: who is in the store. */
export function addAccounts(program: Command, ports: CommandPorts): void {
  const accounts = program
    .command('accounts')
    .description('list the accounts of the store, and how each stands; sends nothing')
  withExamples(withOutput(withStore(accounts)), [
    ['evergrant accounts', 'those in .secrets'],
    ['evergrant accounts --store ~/bots/.secrets --json', 'those of another store, for a machine'],
  ]).action((flags: CommonFlags) => list(flags, ports.io))
}

async function list(flags: CommonFlags, io: Io): Promise<void> {
  const choice = chooseAccount(flags, io)
  const reports = await reportsOf(choice, io)
  if (flags.json === true) return writeJson(io.stdout, reports)
  if (reports.length === 0) {
    io.stderr.write(`There is no account in ${choice.store}. Make one with: evergrant login\n`)
    return
  }
  const paint = paintFor(io.stdout, io.env)
  const now = io.clock.now()
  const rows = reports.map((report) => {
    const { words, ink } = standingOf(report)
    const expiry = report.token?.usable === true ? `token expires ${formatMoment(report.token.expiresAt, now)}` : ''
    return [printable(report.account), paint(ink, words), expiry]
  })
  io.stdout.write(columns(rows))
}

/** From the store alone: what the environment holds belongs to whichever account is named with it. */
async function reportsOf(choice: AccountChoice, io: Io): Promise<readonly AccountReport[]> {
  const { provider, store } = await openAccount(choice, io)
  const names = await listAccounts(store)
  return Promise.all(names.map((account) => readAccount({ provider, store, account, clock: io.clock })))
}
