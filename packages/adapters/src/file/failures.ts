import { isEvergrantError } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'

const HELP_BY_ERRNO: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space; nothing was lost, the file is as it was.',
  EDQUOT: 'The disk quota is used up. Free some space; nothing was lost, the file is as it was.',
  EFBIG: 'The file system takes no file of this size. Nothing was lost, the file is as it was.',
  EROFS: 'The file system is mounted read-only. Choose a path that can be written.',
  EACCES: 'This user may not do that. The folder must be writable and the file readable for the user who runs this.',
  EPERM: 'This user may not do that. The folder must be writable and the file readable for the user who runs this.',
  ENOTDIR: 'A part of the path is a file, not a folder. Choose another path.',
  EISDIR: 'The path is a folder. Name a file in it.',
  ELOOP: 'Symbolic links lead in a circle. Mend the link or name the file itself.',
  EMFILE: 'This process has too many files open. Close some, or raise the limit (ulimit -n).',
  ENFILE: 'This machine has too many files open.',
  ENAMETOOLONG: 'Choose a shorter path.',
}

/** The errno name of an error of Node's, e.g. `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : undefined
}

/** Runs a step; what the operating system refuses becomes `store-unavailable` with its cause. */
export function attempt<T>(location: string, step: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const errno = errnoOf(error)
    if (isEvergrantError(error) || errno === undefined) throw error
    const help = HELP_BY_ERRNO[errno] ?? 'The cause says what the operating system refused.'
    throw unavailable(location, `Cannot ${step} ${location} (${errno})`, help, error)
  }
}

/** A path as it can be pasted into a shell. */
export function shellPath(path: string): string {
  return /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
