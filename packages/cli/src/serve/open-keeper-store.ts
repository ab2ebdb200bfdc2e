import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock, TokenStore } from '@evergrant/core'
import { CommandError } from '../output/command-error.ts'
import type { StorePlace } from './keeper-choice.ts'

export type KeeperStore = TokenStore & AsyncDisposable

/** Opens it, as it is: what is kept there is sealed by who uses it. Throws what the store says, or `unsupported`. */
export async function openKeeperStore(place: StorePlace, clock: Clock): Promise<KeeperStore> {
  switch (place.kind) {
    case 'sqlite': {
      await mkdir(dirname(place.file), { recursive: true, mode: 0o700 })
      const { sqliteStore } = await import('@evergrant/adapters/sqlite')
      return sqliteStore({ file: place.file, clock })
    }
    case 'postgres': {
      const { postgresStore } = await library('pg', () => import('@evergrant/adapters/postgres'))
      return postgresStore({ url: place.url, clock })
    }
    case 'redis': {
      const { redisStore } = await library('redis', () => import('@evergrant/adapters/redis'))
      return redisStore({ url: place.url, clock })
    }
  }
}

async function library<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new CommandError('unsupported', {
      message: `The library ${name}, for this store, is not installed`,
      help: `Run: npm install ${name}   or keep the accounts in a file: EVERGRANT_KEEPER_STORE=sqlite:/path.`,
      cause,
    })
  }
}
