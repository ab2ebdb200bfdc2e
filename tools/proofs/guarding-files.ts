import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { levelOf, type Level } from './levels.ts'
import { promisesAtStart, type PromiseName } from './promises.ts'

/** A file with tests whose names begin with a promise. */
export interface GuardingFile {
  /** From the root, with slashes. */
  readonly file: string
  readonly level: Level
  readonly promise: PromiseName
}

/** What claims to guard a promise: every test file at a level, by the names of its tests. */
export function readGuardingFiles(root: string): GuardingFile[] {
  const files = globSync('packages/*/test/**/*.test.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
  return files.toSorted().flatMap((file) => {
    const level = levelOf(file)
    if (level === null) return []
    const names = readFileSync(join(root, file), 'utf8').matchAll(/['"`]((?:P\d+ )+)/g)
    const promises = new Set([...names].flatMap(([, name = '']) => promisesAtStart(name)))
    return [...promises].map((promise) => ({ file, level, promise }))
  })
}
