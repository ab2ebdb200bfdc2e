import { statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '@evergrant/core'

/** One save of an editor is several events; they count as one if they come within this many ms. */
const SETTLE = 20
/** Ms between two looks where the platform reports nothing: network file systems, exhausted watches, links elsewhere. */
const POLL = 2_000

/**
 * Calls `changed` after each change of a file, its coming and going included, never synchronously; perhaps once too
 * often. Listens on the folder, since a file that is replaced takes its listeners with it. Never throws and never keeps
 * the process alive.
 */
export function followFile(path: string, clock: Clock, changed: () => void): Disposable {
  const name = basename(path)
  let seen = signatureOf(path)
  let watcher: FSWatcher | undefined
  let settling: Disposable | undefined

  function closeWatcher(): void {
    watcher?.close()
    watcher = undefined
  }

  function openWatcher(): void {
    if (watcher !== undefined) return
    try {
      watcher = watch(dirname(path), { persistent: false }, (_event, file) => {
        if (file === null || file === name) settle()
      })
      watcher.on('error', closeWatcher)
    } catch {
      // The folder is not there yet, or the platform has no more watches to give: the poll tries again.
    }
  }

  function settle(): void {
    settling ??= clock.alarm(clock.monotonic() + SETTLE, () => {
      settling = undefined
      seen = signatureOf(path)
      changed()
    })
  }

  function poll(): void {
    openWatcher()
    if (signatureOf(path) !== seen) settle()
    polling = nextPoll()
  }

  function nextPoll(): Disposable {
    return clock.alarm(clock.monotonic() + POLL, poll)
  }

  openWatcher()
  let polling = nextPoll()
  return {
    [Symbol.dispose]() {
      closeWatcher()
      settling?.[Symbol.dispose]()
      polling[Symbol.dispose]()
    },
  }
}

function signatureOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return ''
  }
}
