import { existsSync } from 'node:fs'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { isEvergrantError } from '@evergrant/core'
import { keeperKeys, type KeeperKeys, type KeyInfo, type Sealing } from '@evergrant/keeper'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import { paintFor } from '../output/paint.ts'
import { chooseKeeper, type KeeperChoice, type KeeperStoreFlags } from './keeper-choice.ts'
import { openKeeperStore, type KeeperStore } from './open-keeper-store.ts'
import { sealingOf } from './sealing-key.ts'

/** The store of a keeper, and what opens it. */
export interface KeeperPlace extends AsyncDisposable {
  readonly store: KeeperStore
  readonly sealing: Sealing
  readonly choice: KeeperChoice
  readonly keys: KeeperKeys
  /** All API keys: read at once, since that shows whether the sealing key is the right one. */
  readonly known: readonly KeyInfo[]
}

/**
 * Opens it for a command. Throws `usage`, `unsupported`, `sealing-key-missing`, or what the store says: `store-corrupt` also
 * for a sealing key that is not the one of this store, which is left as it is.
 */
export async function openKeeperPlace(flags: KeeperStoreFlags, io: Io): Promise<KeeperPlace> {
  const choice = chooseKeeper(flags, io)
  return unlock(choice, await openKeeperStore(choice.place, io.clock), io)
}

/** The same for who only looks: makes nothing. `null` if nothing has been kept there yet. */
export async function openKeptPlace(flags: KeeperStoreFlags, io: Io): Promise<KeeperPlace | null> {
  const choice = chooseKeeper(flags, io)
  if (choice.place.kind === 'sqlite' && !existsSync(choice.place.file)) return null
  const store = await openKeeperStore(choice.place, io.clock)
  const entries = await orClose(store, async () => store.keys?.(''))
  if (entries?.length !== 0) return unlock(choice, store, io)
  await store[Symbol.asyncDispose]()
  return null
}

async function unlock(choice: KeeperChoice, store: KeeperStore, io: Io): Promise<KeeperPlace> {
  return orClose(store, async () => {
    const warn = (text: string) => io.stderr.write(paintFor(io.stderr, io.env)('yellow', text))
    const sealing = await sealingOf(choice, { store, clock: io.clock, warn })
    const keys = keeperKeys({ store, sealing, clock: io.clock })
    const known = await readable(async () => {
      const all = await keys.list()
      if (all.length === 0) await readAny(store, sealing)
      return all
    })
    return { store, sealing, choice, keys, known, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  })
}

async function orClose<T>(store: KeeperStore, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

/** A live key that may do everything, or `undefined`. */
export function adminKey(known: readonly KeyInfo[], now: number): KeyInfo | undefined {
  return known.find(
    ({ scopes, accounts, revokedAt, expiresAt }) =>
      scopes.includes('admin') && accounts === '*' && revokedAt === null && (expiresAt ?? Infinity) > now,
  )
}

/** Without API keys, any entry shows whether the sealing key is the right one. */
async function readAny(store: KeeperStore, sealing: Sealing): Promise<void> {
  const [entry] = (await store.keys?.('')) ?? []
  if (entry === undefined || sealing === 'sealed-already') return
  const { key, previousKeys = [] } = sealing
  await encryptedStore(store, { key, previousKeys }).read(entry)
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw isEvergrantError(error, 'store-corrupt') ? wrongKey(error.message) : error
  }
}

function wrongKey(message: string): CommandError {
  return new CommandError('sealing-key-missing', {
    message: `${message}: this sealing key is not the one of this store, or the store is damaged`,
    help: 'Nothing was changed. Name the right key (--key-file, EVERGRANT_KEEPER_KEY), and the one that it replaced with --previous-key-file.',
  })
}
