import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { gitExposure } from '../account/git-exposure.ts'

/** What became of a file in a git folder. */
export type GitCare =
  /** No git folder, or it is ignored already. */
  | { readonly type: 'nothing-to-do' }
  /** Lines were added to this `.gitignore`. */
  | { readonly type: 'ignored'; readonly gitignore: string }
  /** It is part of the repository already, so ignoring it does not help. */
  | { readonly type: 'tracked' }
  /** It should be ignored, and cannot be: `why` is the code of the system. */
  | { readonly type: 'failed'; readonly gitignore: string; readonly why: string }

/**
 * Makes git pass over a file with secrets, and over what lies beside it for a moment while it is written. Asks git itself;
 * without git, looks for the lines. Never rejects: a login is not to fail for it.
 */
export async function keepOutOfGit(path: string, signal: AbortSignal): Promise<GitCare> {
  const exposure = await gitExposure(path, signal)
  if (exposure === 'tracked') return { type: 'tracked' }
  if (exposure === 'none' || exposure === 'ignored') return { type: 'nothing-to-do' }
  const gitignore = join(dirname(path), '.gitignore')
  try {
    return (await addLines(gitignore, linesFor(basename(path))))
      ? { type: 'ignored', gitignore }
      : { type: 'nothing-to-do' }
  } catch (error) {
    return { type: 'failed', gitignore, why: codeOf(error) }
  }
}

function linesFor(name: string): readonly string[] {
  // As gitignore wants it: no pattern, and no comment.
  const literal = name.replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`)
  return [`/${literal}`, `/${literal}.*`]
}

/** Adds the lines that are missing, all or none; false if none was. */
async function addLines(path: string, wanted: readonly string[]): Promise<boolean> {
  // Behind a link, so that the link stays.
  const target = await realpath(path).catch(() => path)
  const before = await readFile(target, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  const present = new Set((before ?? '').split(/\r?\n/))
  const missing = wanted.filter((line) => !present.has(line))
  if (missing.length === 0) return false
  const start = before === null || before === '' || before.endsWith('\n') ? (before ?? '') : `${before}\n`
  const mode = before === null ? 0o644 : (await stat(target)).mode & 0o777
  const temporary = `${target}.${process.pid}.tmp`
  try {
    await writeFile(temporary, `${start}# Logins of evergrant\n${missing.join('\n')}\n`, { flag: 'wx', mode })
    await chmod(temporary, mode)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return true
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'unknown'
}
