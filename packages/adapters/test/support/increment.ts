import { isStoreConflict, type TokenStore } from '@evergrant/core'

/** Adds one to a number that others write too: again after each conflict. */
export async function increment(store: TokenStore, key: string): Promise<void> {
  for (;;) {
    const entry = await store.read(key)
    try {
      await store.write(key, Number(entry?.value ?? 0) + 1, { expect: entry?.revision ?? null })
      return
    } catch (error) {
      if (!isStoreConflict(error)) throw error
    }
  }
}
