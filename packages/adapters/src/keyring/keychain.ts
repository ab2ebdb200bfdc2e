import { AsyncEntry } from '@napi-rs/keyring'
import { isDisconnected, keychainFailure } from './keychain-failure.ts'

/** The items of one service in the keychain of the operating system: bytes by name. */
export interface Keychain {
  readonly get: (name: string) => Promise<Uint8Array | null>
  readonly set: (name: string, bytes: Uint8Array) => Promise<void>
  /** Whether there was one. */
  readonly remove: (name: string) => Promise<boolean>
}

// Without it the library falls back to the keyring of the Linux kernel where there is no Secret Service, and that one
// forgets everything when the machine restarts.
const OPTIONS = { linux: { store: 'secret-service' } } as const
/**
 * Each open entry has a connection of its own to the Secret Service, which takes some ms to make, and which lasts until
 * the garbage of this process is collected. A bus gives a user 256.
 */
const MOST_OPEN = 64

export function openKeychain(service: string): Keychain {
  const open = new Map<string, AsyncEntry>()

  function entryOf(name: string): AsyncEntry {
    const entry = open.get(name) ?? new AsyncEntry(service, name, OPTIONS)
    // Put at the end: the first is the one that was not used for the longest time.
    open.delete(name)
    open.set(name, entry)
    for (const [oldest] of open) {
      if (open.size <= MOST_OPEN) break
      open.delete(oldest)
    }
    return entry
  }

  /** What is run twice does the same twice: it reads, sets the same bytes, or deletes. */
  async function attempt<T>(name: string, step: string, run: (entry: AsyncEntry) => Promise<T>): Promise<T> {
    for (let again = true; ; again = false) {
      try {
        return await run(entryOf(name))
      } catch (error) {
        open.delete(name)
        // A connection ends with its service, which the bus starts anew for the next call. GNOME Keyring (42 to 50) may
        // even abort while a program connects: https://gitlab.gnome.org/GNOME/gnome-keyring/-/work_items/196
        if (again && isDisconnected(error)) continue
        throw keychainFailure(service, step, error)
      }
    }
  }

  return {
    async get(name) {
      const bytes = await attempt(name, 'read', (entry) => entry.getSecret())
      return bytes === null ? null : Uint8Array.from(bytes)
    },
    set: (name, bytes) => attempt(name, 'write to', (entry) => entry.setSecret(bytes)),
    remove: (name) => attempt(name, 'delete from', (entry) => entry.deleteCredential()),
  }
}
