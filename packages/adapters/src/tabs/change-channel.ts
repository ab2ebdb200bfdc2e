import type { Revision } from '@evergrant/core'
import { openChannel, type Channel } from './channel.ts'

/** What tabs tell each other about an entry. */
export interface Change {
  readonly key: string
  /** `null` if it is not known, or the entry is gone. */
  readonly revision: Revision | null
}

export interface ChangeChannel {
  /** Tells all tabs, this one included. */
  readonly tell: (change: Change) => void
  readonly watch: (key: string, changed: () => void) => Disposable
}

interface Listener {
  readonly key: string
  readonly changed: () => void
  told: Revision | null
}

/**
 * Changes of a store by BroadcastChannel, and from where else `follow` hears of them. The channel is open while somebody
 * listens.
 */
export function createChangeChannel(
  scope: string,
  follow: (heard: (change: Change | null) => void) => Disposable = () => ({ [Symbol.dispose]: () => undefined }),
): ChangeChannel {
  const name = `${scope}/changes`
  const listeners = new Set<Listener>()
  let channel: Channel<Change> | undefined
  let following: Disposable | undefined

  /** `null`: anything may have changed. */
  function hear(change: Change | null): void {
    for (const listener of listeners) {
      if (change !== null) {
        if (change.key !== listener.key) continue
        // The same news by another way.
        if (change.revision !== null && change.revision === listener.told) continue
        listener.told = change.revision
      }
      // On its own, so that one listener that throws keeps nothing from the others.
      queueMicrotask(() => {
        if (listeners.has(listener)) listener.changed()
      })
    }
  }

  function open(): void {
    if (channel !== undefined) return
    channel = openChannel(name, hear)
    following = follow(hear)
  }

  function close(): void {
    channel?.[Symbol.dispose]()
    channel = undefined
    following?.[Symbol.dispose]()
    following = undefined
  }

  return {
    tell(change) {
      // Another channel than the one that listens: no channel hears itself.
      const voice = openChannel<Change>(name)
      voice.post(change)
      voice[Symbol.dispose]()
    },
    watch(key, changed) {
      open()
      const listener: Listener = { key, changed, told: null }
      listeners.add(listener)
      return {
        [Symbol.dispose]() {
          if (listeners.delete(listener) && listeners.size === 0) close()
        },
      }
    },
  }
}
