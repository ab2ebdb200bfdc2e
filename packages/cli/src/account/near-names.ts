import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Io } from '../io.ts'
import { trimCopied } from '../terminal/copied.ts'

/** A line of `.env` that was meant to hold a credential, and does not. */
export interface NearName {
  /** Counted from 1. */
  readonly line: number
  /** The name that it should have. */
  readonly name: string
}

/** By credential: the names that count (as `envCredentials()` has them), and what others call it. */
const CREDENTIALS = [
  { names: ['TASTY_CLIENT_ID'], others: ['CLIENT_ID'] },
  { names: ['TASTY_CLIENT_SECRET', 'TT_SECRET'], others: ['CLIENT_SECRET', 'SECRET'] },
  { names: ['TASTY_REFRESH_TOKEN', 'TT_REFRESH'], others: ['REFRESH_TOKEN', 'REFRESH'] },
] as const

const LINE = /^[ \t]*(?:export[ \t]+)?([^ \t:=#"'][^:=#"']*?)[ \t]*([:=])/
const PREFIX = /^(?:TASTY_?(?:TRADE|WORKS)?|TT)_/
/** Of names that are longer than this, two letters may be wrong; of others one. */
const SHORT_NAME = 10

/** The lines of `.env` whose names are nearly right, for credentials that have not been set by a right one. Never rejects. */
export async function nearNames({ env, cwd }: Pick<Io, 'env' | 'cwd'>): Promise<readonly NearName[]> {
  const text = await readText(resolve(cwd, '.env'))
  const set = { ...parseEnv(text), ...env }
  const wanted = CREDENTIALS.filter(({ names }) => names.every((name) => !set[name]))
  return text.split(/\r?\n|\r/).flatMap((line, place) => {
    const [, written = '', sign] = LINE.exec(line) ?? []
    const name = wanted.map((credential) => nameFor(written, credential)).find((found) => found !== null)
    return name == null || (name === written && sign === '=') ? [] : [{ line: place + 1, name }]
  })
}

export function sayNearName({ line, name }: NearName): string {
  return `Line ${line} of .env is nearly right: let it begin with ${name}=`
}

function nameFor(written: string, { names, others }: (typeof CREDENTIALS)[number]): string | null {
  const plain = trimCopied(written)
    .toUpperCase()
    .replaceAll(/[\s.-]+/g, '_')
    .replaceAll(/[^A-Z0-9_]/g, '')
  const bare = plain.replace(PREFIX, '')
  const telling = bare !== plain || bare.includes('_')
  if (telling && others.some((other) => other === bare)) return names.find((name) => name === plain) ?? names[0]
  return names.find((name) => distance(plain, name) <= (name.length > SHORT_NAME ? 2 : 1)) ?? null
}

/** Letters to put in, leave out or exchange (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [place, letter] of Array.from(one).entries()) {
    const next = [place + 1]
    for (const [at, wanted] of Array.from(other).entries()) {
      const exchanged = (row[at] ?? 0) + (letter === wanted ? 0 : 1)
      next.push(Math.min(exchanged, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

/** Empty if there is none to read. By its byte order mark, as `envCredentials()` reads it. */
async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path)
    return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes)
  } catch {
    return ''
  }
}
