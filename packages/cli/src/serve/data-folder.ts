import { join } from 'node:path'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'

/** Where programs of this system keep what is a person's own. Throws `usage` where the environment names no home. */
export function dataFolder(env: Io['env'], platform: NodeJS.Platform): string {
  if (platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'evergrant')
  // XDG Base Directory Specification.
  if (env['XDG_DATA_HOME']?.startsWith('/')) return join(env['XDG_DATA_HOME'], 'evergrant')
  const home = env['HOME'] || env['USERPROFILE']
  if (!home) {
    throw usage(
      'There is no home folder to keep the accounts in',
      'Name the store: EVERGRANT_KEEPER_STORE=sqlite:/path.',
    )
  }
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'evergrant')
    : join(home, '.local', 'share', 'evergrant')
}
