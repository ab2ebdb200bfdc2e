import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import type { FakeGrant, FakeTastytrade } from '@evergrant/testing'

/** An account of the fake, and where its session keeps it: a file in a folder of its own. */
export interface Account {
  readonly file: string
  readonly grant: FakeGrant
  /** The last generation that was seen, in the file or by a process. */
  generation: number
  /** Whether the file has ever been there. */
  kept: boolean
}

/** What a death has left. */
export interface Remains {
  /** Whether the server has rotated the refresh token that the file holds, so that its successor is nowhere. */
  readonly unsaved: boolean
  /** What is wrong with the files. */
  readonly damage: readonly string[]
}

interface Saved {
  readonly generation: number
  readonly credentials: { readonly refreshToken?: string } | null
}

const PRIVATE = 0o600

/** Looks at what the dead left, from outside: at the files and at the server, before anybody else touches them. */
export async function examine(fake: FakeTastytrade, account: Account): Promise<Remains> {
  const { file, grant } = account
  const damage = [...damageOf(account), ...openToOthers(file)]
  account.kept = existsSync(file)
  const saved = await readSaved(file).catch((error: Error) => {
    damage.push(`a session would not read it: ${error.message}`)
    return null
  })
  const generation = saved?.generation ?? 0
  if (generation < account.generation) damage.push(`generation ${generation} came after ${account.generation}`)
  account.generation = generation
  const held = saved?.credentials?.refreshToken ?? grant.refreshToken
  const unsaved = held !== fake.currentRefreshToken(grant)
  if (unsaved !== fake.spentOf(held).sent > 0) damage.push('the server does not say the same as its log')
  return { unsaved, damage }
}

async function readSaved(file: string): Promise<Saved | null> {
  const entry = await fileStore(file).read('grant/default')
  return entry === null ? null : (entry.value as unknown as Saved)
}

/** What lies beside the file. */
export function leftovers({ file }: Account): readonly string[] {
  return readdirSync(dirname(file)).filter((name) => name !== basename(file))
}

function damageOf({ file, kept }: Account): readonly string[] {
  if (!existsSync(file)) return kept ? ['the file is gone'] : []
  const text = readFileSync(file, 'utf8')
  try {
    const { format, entries } = JSON.parse(text) as { readonly format?: unknown; readonly entries?: unknown }
    return format === 'evergrant' && typeof entries === 'object' && text.endsWith('}\n')
      ? []
      : ['the file is not whole']
  } catch {
    return ['the file does not parse']
  }
}

function openToOthers(file: string): readonly string[] {
  const folder = dirname(file)
  return readdirSync(folder).flatMap((name) => {
    const stats = lstatSync(join(folder, name))
    const mode = stats.mode & 0o777
    return stats.isFile() && mode !== PRIVATE ? [`${name} has mode ${mode.toString(8)}`] : []
  })
}
