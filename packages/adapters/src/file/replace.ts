import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from './failures.ts'
import { temporaryFor } from './place.ts'

export interface Replacement {
  readonly path: string
  readonly text: string
  readonly mode: number
  /** Of the lock under which this happens; names the temporary file. */
  readonly nonce: string
  /** False where the text need not outlive the machine's next start. */
  readonly durable: boolean
  /** Throws if the file must not be replaced after all. Asked last, with everything else done. */
  readonly confirm: () => void
}

/** What file systems answer that cannot sync a folder, Windows among them; the rename is all there is then. */
const NO_FOLDER_SYNC: ReadonlySet<string | undefined> = new Set(['EINVAL', 'EPERM', 'EISDIR', 'EACCES', 'ENOTSUP'])

/**
 * Gives `path` a new content. A kill, a power cut or a full disk at any instruction leaves the old file or the new one,
 * whole: the text is on disk under another name before it takes this one.
 */
export function replaceFile({ path, text, mode, nonce, durable, confirm }: Replacement): void {
  const temporary = temporaryFor(path, nonce)
  try {
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      // The mode given to open is cut by the umask.
      fchmodSync(descriptor, mode)
      writeFileSync(descriptor, text)
      if (durable) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    confirm()
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  if (durable) syncFolder(dirname(path))
}

function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errnoOf(error))) throw error
  }
}
