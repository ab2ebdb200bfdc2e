import type { Change } from '../tabs/change-channel.ts'
import type { Area } from './area.ts'
import { parseItem } from './item.ts'

/**
 * Hears of what other pages change, also those that are no evergrant: a person in the developer tools, or a logout that
 * clears everything. The page that changes it gets no such event.
 */
export function followStorage(area: Area, heard: (change: Change | null) => void): Disposable {
  function onStorage({ storageArea, key, newValue }: StorageEvent): void {
    if (storageArea !== area.storage()) return
    const changed = key === null ? null : area.keyOf(key)
    if (key === null) heard(null)
    else if (changed !== null) heard({ key: changed, revision: revisionOf(key, newValue) })
  }

  globalThis.addEventListener('storage', onStorage)
  return {
    [Symbol.dispose]: () => globalThis.removeEventListener('storage', onStorage),
  }
}

function revisionOf(name: string, text: string | null): string | null {
  try {
    return text === null ? null : parseItem(name, text).revision
  } catch {
    // Whoever reads it hears what is wrong.
    return null
  }
}
