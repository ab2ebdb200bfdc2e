import type { Revision } from '@evergrant/core'

export interface EntryWatchOptions {
  /** Calls back after each change of the file. */
  readonly follow: (changed: () => void) => Disposable
  /** The present revisions by key; `null` while the file cannot be read. */
  readonly revisions: () => ReadonlyMap<string, Revision> | null
}

export interface EntryWatch {
  readonly watch: (key: string, changed: () => void) => Disposable
}

interface Listener {
  readonly key: string
  readonly changed: () => void
  revision: Revision | undefined
}

/** Tells listeners apart by entry; the file is followed while there is one. */
export function createEntryWatch({ follow, revisions }: EntryWatchOptions): EntryWatch {
  const listeners = new Set<Listener>()
  let following: Disposable | undefined

  function look(): void {
    const present = revisions()
    // Whoever uses the store next hears what is wrong with it.
    if (present === null) return
    for (const listener of listeners) {
      const revision = present.get(listener.key)
      if (revision === listener.revision) continue
      listener.revision = revision
      // On its own, so that one listener that throws keeps nothing from the others.
      queueMicrotask(() => {
        if (listeners.has(listener)) listener.changed()
      })
    }
  }

  return {
    watch(key, changed) {
      // Followed first, then read, so that no change falls in between.
      following ??= follow(look)
      const listener: Listener = { key, changed, revision: revisions()?.get(key) }
      listeners.add(listener)
      return {
        [Symbol.dispose]() {
          listeners.delete(listener)
          if (listeners.size > 0) return
          following?.[Symbol.dispose]()
          following = undefined
        },
      }
    },
  }
}
