import type { Command } from 'commander'
import { withChosenSession } from '../account/with-session.ts'
import { directions } from '../login/website.ts'
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
  await withChosenSession(flags, io, async (session) => {
    const { account, provider } = session
    await session.signOut({ revoke, signal: io.interrupts.signal })
    const revoked = revoke && provider.revoke !== undefined
    const page = revoke && !revoked ? directions(provider.environment) : null
    if (flags.json === true) {
      writeJson(io.stdout, { account, signedOut: true, revoked, ...(page === null ? {} : { revokeAt: page }) })
      return
    }
    io.stdout.write(`Signed out: account ${account}.\n`)
    if (page !== null) io.stderr.write(`tastytrade takes back a grant by hand only. Delete it at: ${page}\n`)
  })
}
