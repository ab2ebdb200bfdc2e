import type { Clock } from '@evergrant/core'
import { followFile } from '../file/follow.ts'
import { locate } from '../file/place.ts'
import type { Database } from './database.ts'

/** So many changes are kept for those who watch; whoever has missed more takes it that all has changed. */
const KEPT = 4_096
/** Ms after which a look is repeated that could not be taken. */
const AGAIN = 1_000

const NOTE = 'INSERT INTO changes (key) VALUES (?)'
const FORGET = 'DELETE FROM changes WHERE id <= ?'
const LAST = 'SELECT max(id) AS id FROM changes'
const SINCE = 'SELECT id, key FROM changes WHERE id >= ? ORDER BY id'

/** Part of the transaction of the change itself. */
export function noteChange(database: Database, key: string): void {
  database.run(FORGET, database.run(NOTE, key) - KEPT)
}

export interface ChangesOptions {
  readonly location: string
  readonly clock: Clock
  /** Looks into the database at once; `null` if that is not possible. */
  readonly glance: <T>(work: (database: Database) => T) => T | null
}

export interface Changes {
  readonly watch: (key: string, changed: () => void) => Disposable
  /** Tells those who watch what has changed since the last look. */
  readonly look: () => void
  readonly end: () => void
}

type Listener = () => void

/** Those who watch the entries of a store. What others write shows in the log beside the database, which is followed. */
export function createChanges({ location, clock, glance }: ChangesOptions): Changes {
  const listeners = new Map<string, Set<Listener>>()
  let following: Disposable | undefined
  let again: Disposable | undefined
  /** The last change that was told of; `null` if none could be read. */
  let seen: number | null = null

  function tell(key: string): void {
    const told = listeners.get(key)
    for (const listener of told ?? []) {
      // On its own, so that one listener that throws keeps nothing from the others.
      queueMicrotask(() => {
        if (told?.has(listener) === true) listener()
      })
    }
  }

  function lastChange(): number | null {
    return glance((database) => Number(database.get(LAST)?.['id'] ?? 0))
  }

  function lookAgainLater(): void {
    again ??= clock.alarm(clock.monotonic() + AGAIN, () => {
      again = undefined
      look()
    })
  }

  function look(): void {
    if (listeners.size === 0) return
    const from = seen ?? 0
    const rows = glance((database) =>
      database.all(SINCE, from).map(({ id, key }) => ({ id: Number(id), key: String(key) })),
    )
    if (rows === null) return lookAgainLater()
    // The one seen last is still there unless more came since than are kept.
    const missed = seen === null || (from > 0 && rows[0]?.id !== from)
    seen = rows.at(-1)?.id ?? 0
    const fresh = rows.filter(({ id }) => id > from).map(({ key }) => key)
    for (const key of missed ? listeners.keys() : new Set(fresh)) tell(key)
  }

  function begin(): void {
    following = followFile(logOf(location), clock, look)
    seen = lastChange()
  }

  function end(): void {
    following?.[Symbol.dispose]()
    again?.[Symbol.dispose]()
    following = again = undefined
  }

  return {
    watch(key, changed) {
      if (listeners.size === 0) begin()
      // Of its own, for the same function may watch twice.
      const listener = (): void => changed()
      let told = listeners.get(key)
      if (told === undefined) listeners.set(key, (told = new Set()))
      told.add(listener)
      return {
        [Symbol.dispose]() {
          const present = listeners.get(key)
          if (present?.delete(listener) !== true || present.size > 0) return
          listeners.delete(key)
          if (listeners.size === 0) end()
        },
      }
    },
    look,
    end() {
      listeners.clear()
      end()
    },
  }
}

function logOf(location: string): string {
  try {
    return `${locate(location).target}-wal`
  } catch {
    return `${location}-wal`
  }
}
