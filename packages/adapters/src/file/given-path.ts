import { resolve } from 'node:path'
import { invalidOptions } from '@evergrant/core'

/** Absolute. Throws `invalid-options` for what names no file, and for a `~`, which shells resolve and Node does not. */
export function givenPath(option: string, path: string): string {
  if (typeof path !== 'string') throw invalidOptions(option, 'is not a text', "Name a file, e.g. '.secrets'.")
  if (path === '') throw invalidOptions(option, 'is empty', "Name a file, e.g. '.secrets'.")
  if (!/^~(?:$|[/\\])/.test(path)) return resolve(path)
  throw invalidOptions(
    option,
    'begins with ~, which only a shell resolves',
    `Say join(homedir(), '${path.slice(2) || '.secrets'}').`,
  )
}
