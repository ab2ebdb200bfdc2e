import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A copy of the work tree in a temporary folder, to be broken. */
export interface ScratchCopy extends Disposable {
  readonly folder: string
  /** Puts a patch of the copy in, or takes it out again. Throws if it does not fit. */
  patch(path: string, direction: 'in' | 'out'): void
}

/**
 * Copies what git knows or would know. Packages find each other by relative links, which lead to one another's copies;
 * only what was installed from the registry is shared with the original.
 */
export function copyWorkTree(root: string): ScratchCopy {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'evergrant-proofs-')))
  for (const path of listFiles(root)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(root, path), join(folder, path))
  }
  for (const modules of [
    'node_modules',
    ...globSync('{packages,examples}/*/node_modules', { cwd: root }),
    'bench/node_modules',
  ]) {
    copyLinks(join(root, modules), join(folder, modules))
  }
  symlinkSync(join(root, 'node_modules/.pnpm'), join(folder, 'node_modules/.pnpm'))
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) }
  return {
    folder,
    patch(path, direction) {
      const parameters = ['apply', ...(direction === 'out' ? ['--reverse'] : []), path]
      execFileSync('git', parameters, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Tracked files, and those that are not ignored; without what has been deleted and not yet committed. */
function listFiles(root: string): string[] {
  const list = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  return [...new Set(list.split('\0'))].filter((path) => {
    return path !== '' && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true
  })
}

/** Copies a folder of links as it is: a relative one leads to the same place in the copy. Caches are left out. */
function copyLinks(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (entry.isDirectory() && (entry.name === '.bin' || !entry.name.startsWith('.'))) copyLinks(source, target)
    else if (entry.isFile() && from.endsWith('.bin')) copyFileSync(source, target)
  }
}
