import { createKeeper } from '@evergrant/keeper'
import { chooseAccount } from '../account/choice.ts'
import { openProvider } from '../account/open-provider.ts'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import { paintFor } from '../output/paint.ts'
import type { KeeperStoreFlags } from './keeper-choice.ts'
import { adminKey, openKeeperPlace, type KeeperPlace } from './keeper-place.ts'
import { listenOptions, started, type ListenFlags } from './listen-options.ts'
import { openLog } from './serve-log.ts'
import { untilTold } from './until-told.ts'

export interface ServeFlags extends KeeperStoreFlags, ListenFlags {
  readonly json?: boolean
  readonly audit?: string
  readonly openMetrics?: boolean
  readonly renew?: 'used' | 'all'
  readonly env?: string
  readonly baseUrl?: string
  readonly sandbox?: boolean
}

/** Runs a keeper until an interrupt, and drains it then. Throws what keeps it from starting. */
export async function runServe(flags: ServeFlags, io: Io): Promise<void> {
  using log = openLog(flags, io)
  if (flags.sandbox === true) {
    const { runServeSandbox } = await import('./serve-sandbox.ts')
    return runServeSandbox(flags, io, log)
  }
  const provider = openProvider(chooseAccount(baseOf(flags), io), io)
  const listening = await listenOptions(flags, io)
  await using place = await openKeeperPlace(flags, io)
  await checkAdminKey(place, flags, io)
  await using keeper = createKeeper({
    provider,
    store: place.store,
    sealing: place.sealing,
    clock: io.clock,
    audit: log.audit,
    renew: flags.renew,
    openMetrics: flags.openMetrics,
  })
  const server = await started(() => keeper.listen(listening))
  log.listening(server.url)
  await untilTold(keeper, log, io)
}

function baseOf({ env, baseUrl }: ServeFlags) {
  return { ...(env === undefined ? {} : { env }), ...(baseUrl === undefined ? {} : { baseUrl }) }
}

/** Without a key nobody could give it an account. A person gets one; elsewhere it would stand in a log for ever. */
async function checkAdminKey(place: KeeperPlace, flags: ServeFlags, io: Io): Promise<void> {
  if (adminKey(place.known, io.clock.now()) !== undefined) return
  if (io.stdout.isTTY !== true || io.stdin.isTTY !== true || flags.json === true) {
    throw new CommandError('unsupported', {
      message: 'There is no admin key yet, and no terminal to show a new one on',
      help: 'Make one first, with the same store and sealing key: evergrant keys create --admin',
    })
  }
  const { key } = await place.keys.create({ name: 'admin', scopes: ['admin'], accounts: '*' })
  const paint = paintFor(io.stdout, io.env)
  io.stdout.write(
    `This is the admin key, which manages accounts and other keys. ${paint('bold', 'It is shown this once:')}\n\n` +
      `  ${key.reveal()}\n\n`,
  )
}
