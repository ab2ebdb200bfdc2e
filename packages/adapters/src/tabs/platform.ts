/** Web Locks and BroadcastChannel: with both, the tabs of an origin can keep out of each other's way. */
export function webLocks(): LockManager | null {
  // Missing where the page is not a secure context, whatever the types say.
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks
  return locks !== undefined && typeof BroadcastChannel === 'function' ? locks : null
}

/** Which document or worker holds a lock at this moment, by the name that the browser has for it. */
export function holderOf({ held = [] }: LockManagerSnapshot, name: string): string | undefined {
  return held.find((lock) => lock.name === name)?.clientId
}
