import { KeeperError, type KeyInfo, type KeyScope } from '@evergrant/keeper'
import type { Io } from '../io.ts'
import { columns } from '../output/columns.ts'
import { CommandError, usage } from '../output/command-error.ts'
import { formatMoment } from '../output/moment.ts'
import { paintFor } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { writeJson } from '../output/write-json.ts'
import type { KeeperStoreFlags } from './keeper-choice.ts'
import { openKeeperPlace, openKeptPlace } from './keeper-place.ts'

interface KeyFlags extends KeeperStoreFlags {
  readonly json?: boolean
}

export interface CreateKeyFlags {
  readonly name?: string
  readonly scope?: readonly string[]
  readonly account?: readonly string[]
  readonly allAccounts?: boolean
  readonly admin?: boolean
  /** Ms. */
  readonly expires?: number
}

const SCOPES: readonly KeyScope[] = ['token', 'proxy', 'admin', 'metrics']

/** The key alone on stdout, so that it can be put where it belongs; what to know of it on stderr. */
export async function createKey(flags: KeyFlags & CreateKeyFlags, io: Io): Promise<void> {
  const wanted = wantedKey(flags, io.clock.now())
  await using place = await openKeeperPlace(flags, io)
  const { key, ...info } = await place.keys.create(wanted)
  if (flags.json === true) return writeJson(io.stdout, { key: key.reveal(), ...info })
  io.stdout.write(`${key.reveal()}\n`)
  io.stderr.write(`The key ${info.id} (${info.scopes.join(', ')}; ${accountsOf(info)}) is shown this once. Keep it.\n`)
}

export async function listKeys(flags: KeyFlags, io: Io): Promise<void> {
  await using place = await openKeptPlace(flags, io)
  const known = place?.known ?? []
  if (flags.json === true) return writeJson(io.stdout, known)
  if (known.length === 0) {
    io.stderr.write('There is no API key. Make one with: evergrant keys create --admin\n')
    return
  }
  const paint = paintFor(io.stdout, io.env)
  const now = io.clock.now()
  const head = ['id', 'name', 'scopes', 'accounts', 'made', 'standing'].map((word) => paint('dim', word))
  const rows = known.map((key) => [
    key.id,
    printable(key.name),
    key.scopes.join(','),
    accountsOf(key),
    formatMoment(key.createdAt, now),
    standingOf(key, now),
  ])
  io.stdout.write(columns([head, ...rows]))
}

export async function revokeKey(id: string, flags: KeyFlags, io: Io): Promise<void> {
  if (!/^[0-9A-Za-z]{12}$/.test(id)) {
    throw usage('This is no id of an API key', 'Give the 12 letters and digits of the list, and not the key itself.')
  }
  await using place = await openKeptPlace(flags, io)
  if (place === null) throw unknownKey('There is no API key yet')
  try {
    const info = await place.keys.revoke(id)
    if (flags.json === true) writeJson(io.stdout, info)
    else
      io.stderr.write(`The key ${id} (${printable(info.name)}) is revoked. Keepers at work refuse it within seconds.\n`)
  } catch (error) {
    if (!(error instanceof KeeperError) || error.code !== 'key-not-found') throw error
    throw unknownKey(error.message)
  }
}

function unknownKey(message: string): CommandError {
  return new CommandError('key-not-found', { message, help: 'evergrant keys list shows their ids.' })
}

function wantedKey(flags: CreateKeyFlags, now: number) {
  const { admin = false, allAccounts = false, account = [], scope = [], expires } = flags
  if (admin && (scope.length > 0 || account.length > 0)) {
    throw usage('--admin is for everything', 'Leave out --scope and --account, or leave out --admin.')
  }
  const unknown = scope.find((one) => !SCOPES.some((known) => known === one))
  if (unknown !== undefined) throw usage(`There is no scope ${JSON.stringify(unknown)}`, `Use ${SCOPES.join(', ')}.`)
  const all = admin || allAccounts
  if (all === account.length > 0) {
    throw usage('Which accounts the key is for is not said, or twice', 'Give --account NAME, or --all-accounts.')
  }
  const name = flags.name ?? (admin ? 'admin' : undefined)
  if (name === undefined) throw usage('The key has no name', 'Say who uses it: --name "the rebalancer".')
  const scopes = SCOPES.filter((known) => (admin ? known === 'admin' : scope.includes(known)))
  return {
    name,
    scopes: scopes.length > 0 ? scopes : (['token'] as const),
    accounts: all ? ('*' as const) : account,
    ...(expires === undefined ? {} : { expiresAt: now + expires }),
  }
}

function accountsOf({ accounts }: KeyInfo): string {
  return accounts === '*' ? 'all accounts' : accounts.join(',')
}

function standingOf({ revokedAt, expiresAt }: KeyInfo, now: number): string {
  if (revokedAt !== null) return `revoked ${formatMoment(revokedAt, now)}`
  if (expiresAt === null) return 'good'
  return `${expiresAt > now ? 'good until' : 'expired'} ${formatMoment(expiresAt, now)}`
}
