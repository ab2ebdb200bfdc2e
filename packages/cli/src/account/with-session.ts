import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { EvergrantError, isEvergrantError, type TokenSession } from '@evergrant/core'
import type { Io } from '../io.ts'
import { inCommandWords } from '../output/command-words.ts'
import type { Account } from './account.ts'
import { chooseAccount, type AccountFlags } from './choice.ts'
import { nearNames, sayNearName } from './near-names.ts'
import { openAccount } from './open-account.ts'

type UseSession<T> = (session: TokenSession<TastytradeProvider>) => Promise<T>

const FINISHING = 'Waiting for the request under way, so that its answer is not lost. Ctrl-C again ends at once.\n'

/** Opens a session of the account for as long as `use` runs. Its failures are told in terms of the command line. */
export async function withSession<T>(account: Account, io: Io, use: UseSession<T>): Promise<T> {
  await using session = await account.openSession()
  const { signal } = io.interrupts
  const onInterrupt = (): void => {
    if (session.getSnapshot().state === 'refreshing') io.stderr.write(FINISHING)
  }
  signal.addEventListener('abort', onInterrupt)
  try {
    return await use(session)
  } catch (error) {
    throw await withNearNames(inCommandWords(error), io)
  } finally {
    signal.removeEventListener('abort', onInterrupt)
  }
}

/** Where a source was meant to have the credentials that are missing, the help begins with that. */
async function withNearNames(error: unknown, io: Io): Promise<unknown> {
  const missing = isEvergrantError(error, 'credentials-missing') || isEvergrantError(error, 'credentials-unreadable')
  const near = missing ? await nearNames(io) : []
  if (!missing || near.length === 0) return error
  const { code, message, details, cause, stack } = error
  const help = [...near.map((one) => `${sayNearName(one)}.`), error.help].join(' ')
  const told = new EvergrantError(code, { message, help, details, cause })
  if (stack !== undefined) told.stack = stack
  return told
}

/** The same for the account that the flags choose. */
export async function withChosenSession<T>(flags: AccountFlags, io: Io, use: UseSession<T>): Promise<T> {
  return withSession(await openAccount(chooseAccount(flags, io), io), io, use)
}
