import type { AccessToken, TokenSession } from '@evergrant/core'
import type { Command } from 'commander'
import { chooseAccount } from '../account/choice.ts'
import { openAccount } from '../account/open-account.ts'
import { withSession } from '../account/with-session.ts'
import type { Io } from '../io.ts'
import { formatMoment } from '../output/moment.ts'
import { writeJson } from '../output/write-json.ts'
import { withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface RefreshFlags extends CommonFlags {
  readonly force?: boolean
}

/** `evergrant refresh`: a new token now, for all who share the store. */
export function addRefresh(program: Command, ports: CommandPorts): void {
  const refresh = program
    .command('refresh')
    .description('get a new access token now; bots on the same store take it over')
    .option('--force', 'also with credentials that the server has refused before, and during a wait')
  withExamples(withAccount(refresh), [
    ['evergrant refresh', 'spends one login'],
    ['evergrant refresh --force', 'tries credentials once more that are known dead'],
  ]).action((flags: RefreshFlags) => refreshNow(flags, ports))
}

async function refreshNow(flags: RefreshFlags, { io }: CommandPorts): Promise<void> {
  const account = await openAccount(chooseAccount(flags, io), io)
  const { token: before } = (await account.look()).report
  const token = await withSession(account, io, (session) => newToken(session, before?.generation ?? 0, flags, io))
  const { generation, issuedAt, expiresAt, scope } = token
  if (flags.json === true) writeJson(io.stdout, { generation, issuedAt, expiresAt, scope })
  else
    io.stdout.write(`A new token, generation ${generation}. It expires ${formatMoment(expiresAt, io.clock.now())}.\n`)
}

/** A session takes over a token that lives before it asks for another, and asks for none beside one that it just got. */
async function newToken(
  session: TokenSession,
  known: number,
  { force = false }: RefreshFlags,
  { interrupts: { signal } }: Io,
): Promise<AccessToken> {
  const present = await session.getToken({ signal }).catch((error: unknown) => {
    if (!force || signal.aborted) throw error
    return null
  })
  return present !== null && present.generation > known ? present : session.refresh({ force, signal })
}
