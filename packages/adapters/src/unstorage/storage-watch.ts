import type { Storage } from 'unstorage'

/**
 * Follows the changes that a storage reports while somebody listens. Starts and stops take turns, since those of the
 * storage are asynchronous and must not cross.
 */
export function createStorageWatch(storage: Storage, changed: (name: string) => void): () => Disposable {
  let listeners = 0
  let stop: (() => unknown) | undefined
  let settled: Promise<void> = Promise.resolve()

  async function settle(): Promise<void> {
    try {
      if (listeners > 0) stop ??= await storage.watch((_event, name) => changed(name))
      else {
        const stopping = stop
        stop = undefined
        await stopping?.()
      }
    } catch {
      // A driver that cannot watch tells nothing; the changes of this process are told without it.
    }
  }

  return () => {
    let listening = true
    listeners += 1
    settled = settled.then(settle)
    return {
      [Symbol.dispose]() {
        if (!listening) return
        listening = false
        listeners -= 1
        settled = settled.then(settle)
      },
    }
  }
}
