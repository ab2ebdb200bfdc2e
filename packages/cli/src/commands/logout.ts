import { isEvergrantError } from '@evergrant/core'
import type { Command } from 'commander'
import type { Account } from '../account/account.ts'
import { chooseAccount } from '../account/choice.ts'
import { openAccount } from '../account/open-account.ts'
import { withSession } from '../account/with-session.ts'
import { directions } from '../login/website.ts'
import { printable } from '../output/printable.ts'
import { writeJson } from '../output/write-json.ts'
import { withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface LogoutFlags extends CommonFlags {
  readonly revoke?: boolean
}

/** `evergrant logout`: forgets tokens and credentials of an account, for all who share the store. */
export function addLogout(program: Command, ports: CommandPorts): void {
  const logout = program
    .command('logout')
    .description('forget the tokens and credentials of the account, for all who share the store')
    .option('--revoke', 'end the grant at the server too, as far as it offers that')
  withExamples(withAccount(logout), [
    ['evergrant logout', 'bots on the same store stop asking, until the next login'],
    ['evergrant logout --account second --revoke', 'and ends the grant, or says where to'],
  ]).action((flags: LogoutFlags) => signOut(flags, ports))
}

async function signOut(flags: LogoutFlags, { io }: CommandPorts): Promise<void> {
  const revoke = flags.revoke ?? false
  const account = await openAccount(chooseAccount(flags, io), io)
  if (await isUnknown(account)) {
    if (flags.json === true) writeJson(io.stdout, { account: account.name, signedOut: false, revoked: false })
    else io.stderr.write(`Nobody was logged in: account ${printable(account.name)}. Nothing was changed.\n`)
    return
  }
  await withSession(account, io, async (session) => {
    const { provider } = session
    await session.signOut({ revoke, signal: io.interrupts.signal })
    const revoked = revoke && provider.revoke !== undefined
    const page = revoke && !revoked ? directions(provider.environment) : null
    if (flags.json === true) {
      writeJson(io.stdout, {
        account: account.name,
        signedOut: true,
        revoked,
        ...(page === null ? {} : { revokeAt: page }),
      })
      return
    }
    io.stdout.write(`Signed out: account ${account.name}.\n`)
    if (page !== null) io.stderr.write(`tastytrade takes back a grant by hand only. Delete it at: ${page}\n`)
  })
}

/** Whether there is nothing to forget, neither in the store nor in the environment. */
async function isUnknown(account: Account): Promise<boolean> {
  try {
    const { report, from } = await account.look()
    return from === null && report.token === null && !report.signedOut
  } catch (error) {
    // A half of them is something to keep out.
    if (isEvergrantError(error, 'credentials-unreadable')) return false
    throw error
  }
}
