import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Linux keeps files there in memory, which a kill does not touch: what was written stays, and nothing waits for a disk. */
const IN_MEMORY = '/dev/shm'

/** A folder with the mode 0700, gone when it is disposed. */
export function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : realpathSync(tmpdir()), 'evergrant-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
