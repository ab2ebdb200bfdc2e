/** Who wants to hear of the changes of which key. */
export interface Listeners {
  readonly add: (key: string, changed: () => void) => Disposable
  /** Never calls synchronously. */
  readonly tell: (key: string) => void
  readonly keys: () => Iterable<string>
}

export function createListeners(): Listeners {
  const byKey = new Map<string, Set<{ readonly changed: () => void }>>()

  return {
    add(key, changed) {
      const listener = { changed }
      const listeners = byKey.get(key) ?? new Set()
      byKey.set(key, listeners.add(listener))
      return {
        [Symbol.dispose]() {
          if (listeners.delete(listener) && listeners.size === 0) byKey.delete(key)
        },
      }
    },
    tell(key) {
      const listeners = byKey.get(key)
      for (const listener of listeners ?? []) {
        // On its own, so that one listener that throws keeps nothing from the others.
        queueMicrotask(() => {
          if (listeners?.has(listener) === true) listener.changed()
        })
      }
    },
    keys: () => byKey.keys(),
  }
}
