import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * How a file stands in git: `none` outside of a git folder; `ignored`; `exposed`, so that the next `git add .` takes it;
 * `tracked`, so that it is in the history already; `unknown` where there is no git to ask, or it does not say.
 */
export type GitExposure = 'none' | 'ignored' | 'exposed' | 'tracked' | 'unknown'

/** Ms for one answer of git, which takes milliseconds. */
const PATIENCE = 5_000

/** Asks git, and changes nothing. Never rejects: once the signal aborts, it is `unknown`. */
export async function gitExposure(path: string, signal: AbortSignal): Promise<GitExposure> {
  const folder = dirname(path)
  const name = basename(path)
  if (!(await isInGitFolder(folder))) return 'none'
  const ask = (...words: string[]): Promise<number | null> => git(folder, words, signal)
  // A name may look like a pattern. check-ignore takes it literally by itself, and does not know the option.
  if ((await ask('--literal-pathspecs', 'ls-files', '--error-unmatch', '--', name)) === 0) return 'tracked'
  const answer = await ask('check-ignore', '--quiet', '--no-index', '--', name)
  if (answer === 0) return 'ignored'
  // Any other number is a refusal, such as of a folder that belongs to another user.
  return answer === 1 ? 'exposed' : 'unknown'
}

async function isInGitFolder(folder: string): Promise<boolean> {
  const there = await stat(join(folder, '.git')).catch(() => null)
  if (there !== null) return true
  const above = dirname(folder)
  return above === folder ? false : isInGitFolder(above)
}

/** The exit code; `null` if there is no git to run, or no answer. Without a pager or a question. */
async function git(folder: string, words: readonly string[], signal: AbortSignal): Promise<number | null> {
  try {
    await run('git', ['-C', folder, ...words], { signal, timeout: PATIENCE, windowsHide: true })
    return 0
  } catch (error) {
    const { code } = error as { code?: unknown }
    return typeof code === 'number' ? code : null
  }
}
