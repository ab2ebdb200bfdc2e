import { randomUUID } from 'node:crypto'
import { invalidOptions, systemClock, type Clock, type Json, type TokenStore, type WriteOptions } from '@evergrant/core'
import { formatDocument, parseDocument, type FileDocument } from './file/document.ts'
import { createEntryWatch } from './file/entry-watch.ts'
import { attempt } from './file/failures.ts'
import { followFile } from './file/follow.ts'
import { givenPath } from './file/given-path.ts'
import { createLeases } from './file/leases.ts'
import { createMutex } from './file/mutex.ts'
import { locate, readGuarded, type Place } from './file/place.ts'
import { replaceFile } from './file/replace.ts'
import { jsonText } from './store/json-text.ts'
import { conflict } from './store/refusals.ts'

export { leaseHolders, type LeaseHolder } from './file/lease-holders.ts'

export interface FileStoreOptions {
  /**
   * True accepts a file that its group or everybody may read, and keeps it so. One that they may change is refused
   * either way. Default false.
   */
  readonly allowReadableByOthers?: boolean
  /**
   * Ms to wait for another process in the middle of a write, which takes milliseconds. Default 5000. For one on another
   * host, or in another container, it is 10 s more: then its lock is taken over.
   */
  readonly maxLockWait?: number
  /** Default: the clock of this process. */
  readonly clock?: Clock
}

interface Contents {
  readonly document: FileDocument
  /** Permission bits. */
  readonly mode: number
}

const DEFAULT_MAX_LOCK_WAIT = 5_000
const PRIVATE = 0o600
const READABLE_BY_OTHERS = 0o044

/**
 * Keeps accounts in one file that any number of processes of this host share, e.g. `fileStore('.secrets')`. Relative
 * paths count from the present folder. The file is JSON, pretty-printed, in UTF-8:
 *
 * ```json
 * {
 *   "format": "evergrant",
 *   "version": 1,
 *   "entries": { "<key>": { "revision": "<changes with each write>", "value": <JSON> } }
 * }
 * ```
 *
 * It is made with mode 0600, in folders made with 0700, and always replaced as a whole: a kill or a full disk leaves the
 * old file or the new one. Beside it lie, while needed, `<path>.lock` (who writes), `<path>.leases` (who refreshes) and
 * `<path>.*.tmp`; what a dead process leaves of them, the next one clears away. A symbolic link is followed and stays.
 * Whoever edits the file by hand changes the entry's `revision` too.
 *
 * Errors, each with what to do next in `help`:
 * - `store-insecure`: group or others may read or change the file, or everybody may replace it (not judged on Windows)
 * - `store-corrupt`: empty, cut off, damaged, of another program or of a newer version. Nothing is written until it is
 *   mended or moved away
 * - `store-unavailable`: the operating system refused (`cause` says what), or another process hangs in a write
 * - `store-conflict`, `lease-lost`: as {@link TokenStore} says; `invalid-options`: a value that is not JSON, and at once a
 *   path that begins with `~`
 */
export function fileStore(path: string, options: FileStoreOptions = {}): TokenStore {
  const { allowReadableByOthers = false, maxLockWait = DEFAULT_MAX_LOCK_WAIT, clock = systemClock } = options
  if (!(maxLockWait >= 0)) throw invalidOptions('maxLockWait', `${maxLockWait} is no duration`, 'Pass milliseconds.')
  const location = givenPath('path', path)
  const mutex = createMutex({ clock, maxWait: maxLockWait })
  const leases = createLeases({ location, clock, mutex })

  function load(place: Place): Contents {
    const file = readGuarded(place, allowReadableByOthers)
    if (file === null) return { document: new Map(), mode: PRIVATE }
    const mode = PRIVATE | (allowReadableByOthers ? file.mode & READABLE_BY_OTHERS : 0)
    return { document: parseDocument(location, file.bytes), mode }
  }

  /** Reads, checks what the caller expects, and writes what `next` makes of it, as one step. `null` leaves all as it is. */
  function change(
    key: string,
    { expect, lease }: WriteOptions,
    next: (document: FileDocument) => FileDocument | null,
  ): Promise<void> {
    const place = locate(location)
    const compare = (document: FileDocument): void => {
      if (expect !== undefined && expect !== (document.get(key)?.revision ?? null)) throw conflict(key)
    }
    // Once without the lock: of many who write at once, those who are beaten hear so without holding up the others.
    if (expect !== undefined) compare(load(place).document)
    return mutex.run(place, ({ nonce, confirm }) => {
      if (lease !== undefined) leases.confirm(place, lease)
      const { document, mode } = load(place)
      compare(document)
      const changed = next(document)
      if (changed === null) return
      const text = formatDocument(changed)
      attempt(location, 'write', () => replaceFile({ path: place.target, text, mode, nonce, durable: true, confirm }))
    })
  }

  const entryWatch = createEntryWatch({
    follow: (changed) => followFile(targetOf(location), clock, changed),
    revisions: () => {
      try {
        return new Map([...load(locate(location)).document].map(([key, { revision }]) => [key, revision]))
      } catch {
        return null
      }
    },
  })

  return {
    sharing: 'host',
    async read(key) {
      const entry = load(locate(location)).document.get(key)
      return entry === undefined ? null : { value: entry.value, revision: entry.revision }
    },
    async write(key, value, writeOptions = {}) {
      const copy = JSON.parse(jsonText(value)) as Json
      const revision = randomUUID()
      await change(key, writeOptions, (document) => new Map(document).set(key, { revision, value: copy }))
      return revision
    },
    async delete(key, writeOptions = {}) {
      await change(key, writeOptions, (document) => {
        const rest = new Map(document)
        return rest.delete(key) ? rest : null
      })
    },
    lease: leases.acquire,
    watch: entryWatch.watch,
    async keys(prefix) {
      return [...load(locate(location)).document.keys()].filter((key) => key.startsWith(prefix))
    },
  }
}

function targetOf(location: string): string {
  try {
    return locate(location).target
  } catch {
    return location
  }
}
