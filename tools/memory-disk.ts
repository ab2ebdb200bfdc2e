import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'

/** Where Linux keeps files in memory. */
const MEMORY_DISK = '/dev/shm'
/** Tests write far less; containers are often given 64 MB, where an installation would not fit. */
const ENOUGH_BYTES = 4 * 2 ** 30

/**
 * Has all temporary files of this process and of those that it starts be in memory, until it ends: stores wait for the disk at
 * each write, and what tests kill is processes, not the power. Does nothing where somebody said where, or where no such
 * place is large enough.
 */
export function keepTemporaryFilesInMemory(): void {
  if (process.env['TMPDIR'] !== undefined || !isUsable()) return
  // Short, since sockets have short names only.
  const folder = mkdtempSync(`${MEMORY_DISK}/eg-`)
  // As `/tmp` is: servers run as other users.
  chmodSync(folder, 0o1777)
  process.env['TMPDIR'] = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
}

function isUsable(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK)
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .findLast((line) => line.split(' ')[1] === MEMORY_DISK)
    return bavail * bsize >= ENOUGH_BYTES && mounted !== undefined && !/\bnoexec\b/.test(mounted)
  } catch {
    return false
  }
}
