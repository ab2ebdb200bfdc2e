import { chmod, mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EvergrantError, secret, type Secret } from '@evergrant/core'
import { CommandError } from '../output/command-error.ts'

const OWNER_ONLY = 0o600
const OTHERS = 0o077
/** 32 bytes, in base64 or hexadecimal. */
const KEY = /^(?:[\w+/-]{43}=?|[0-9a-f]{64})$/i

/** The sealing key in a file; `null` if there is no such file. Throws `store-insecure`, or `unsupported`. */
export async function readKeyFile(file: string): Promise<Secret | null> {
  let text: string
  try {
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw tooOpen(file)
    text = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (error instanceof EvergrantError) throw error
    throw new CommandError('unsupported', {
      message: `The sealing key in ${file} cannot be read (${codeOf(error) ?? 'Error'})`,
      help: 'Let the user who runs the keeper read the file, and nobody else.',
    })
  }
  return checkKey(text, file)
}

/** Throws `unsupported` for a text that is no key; it is not repeated. */
export function checkKey(text: string, where: string): Secret {
  if (KEY.test(text)) return secret(text)
  throw new CommandError('unsupported', {
    message: `There is no sealing key in ${where}: it is not 32 bytes in base64 or hexadecimal`,
    help: 'Put the key there that the store was sealed with; a new one is made by: openssl rand -base64 32',
  })
}

/** Writes a new key, durably, before anything is sealed with it. False, and nothing done, where there is a file by now. */
export async function writeKeyFile(file: string, key: Secret): Promise<boolean> {
  const handle = await create(file)
  if (handle === null) return false
  try {
    await handle.writeFile(`${key.reveal()}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  // Whatever the umask has made of it.
  await chmod(file, OWNER_ONLY)
  return true
}

async function create(file: string): Promise<FileHandle | null> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    return await open(file, 'wx', OWNER_ONLY)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return null
    throw new CommandError('unsupported', {
      message: `A sealing key cannot be kept in ${file} (${code ?? 'Error'})`,
      help: 'Name a place where this user may write, with --key-file or EVERGRANT_KEEPER_KEY_FILE.',
    })
  }
}

function tooOpen(file: string): EvergrantError<'store-insecure'> {
  return new EvergrantError('store-insecure', {
    message: `Others than its owner can read or change the sealing key in ${file}`,
    help: `Run: chmod 600 ${file}   If somebody may have read it, seal with a new key (--previous-key-file).`,
    details: { location: file },
  })
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { readonly code?: unknown }
  return typeof code === 'string' ? code : undefined
}
