import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { gitExposure } from '../../account/git-exposure.ts'
import type { SystemFacts } from '../doctor-ports.ts'
import { failure, fine, note, warning, type Finding } from '../finding.ts'

export interface SecretFile {
  readonly path: string
  /** What it is called in messages. */
  readonly name: string
  /** Whether the store itself refuses to read it with the wrong permissions, and has said so then. */
  readonly guarded: boolean
}

const OTHERS = 0o077

/** A file with secrets in it: who may read it, whether its folder can be written, and how it stands in git. */
export async function checkFile(
  { path, name, guarded }: SecretFile,
  { platform, canWrite }: SystemFacts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const folder = dirname(path)
  const there = await stat(path).catch(() => null)
  if (there === null) {
    return guarded
      ? [note('files', { title: `There is no ${name} yet.`, cause: 'A login makes it.', facts: { path } })]
      : []
  }
  const findings: Finding[] = []
  const mode = there.mode & 0o777
  const octal = mode.toString(8).padStart(4, '0')
  const facts = { path, mode: octal }
  if (!guarded && platform !== 'win32' && (mode & OTHERS) !== 0) {
    findings.push(
      warning('files', {
        title: `Other users of this computer may read ${name} (mode ${octal}).`,
        cause: 'It holds a client secret and a refresh token, which is all that a login needs.',
        next: [`Run: chmod 600 ${quoted(path)}`],
        facts,
      }),
    )
  }
  if (guarded && !(await canWrite(folder))) {
    findings.push(
      failure('files', 'store', {
        title: `The folder of ${name} cannot be written.`,
        cause: 'New tokens, and the memory of a block, could not be kept; each program would log in for itself.',
        next: [`Give this user the right to write in ${folder}, or choose another place with --store PATH.`],
        facts: { ...facts, folder },
      }),
    )
  }
  findings.push(...(await checkGit(path, name, signal)))
  return findings.length > 0
    ? findings
    : [fine('files', `${name} is kept safe${platform === 'win32' ? '' : ` (mode ${octal})`}.`, facts)]
}

async function checkGit(path: string, name: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const git = await gitExposure(path, signal)
  const file = basename(path)
  if (git === 'tracked') {
    return [
      failure('files', 'store', {
        title: `${name} is part of a git repository.`,
        cause:
          'Its secrets are in the history, for everybody who gets a copy; to delete the file does not take them out.',
        next: [
          `Run: git rm --cached ${quoted(file)}   in its folder, and add ${file} to .gitignore.`,
          'Then make a new client secret, which ends every grant, and log in again.',
        ],
        facts: { path, git },
      }),
    ]
  }
  if (git !== 'exposed') return []
  return [
    warning('files', {
      title: `${name} lies in a git folder and is not ignored.`,
      cause: 'The next "git add ." takes its secrets into the repository.',
      next: [`Add this line to the .gitignore in its folder: /${file}`],
      facts: { path, git },
    }),
  ]
}

function quoted(path: string): string {
  return /^[\w./~+:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
