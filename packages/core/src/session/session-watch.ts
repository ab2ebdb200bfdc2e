import { grantKind } from '../records/record-kinds.ts'
import type { TokenStore } from '../store.ts'
import type { Sources } from './sources.ts'

/** Where a session looks for changes. */
export interface WatchedPlaces {
  readonly sources: Sources
  readonly store: TokenStore
  readonly account: string
}

/** What a session wants to hear of. A handler that rejects is ignored: the next exchange reads everything again. */
export interface ChangeHandlers {
  onSource(): Promise<void>
  onGrant(): Promise<void>
}

/** Follows the credential sources and the record of the account, as far as they can be watched. */
export function watchChanges({ sources, store, account }: WatchedPlaces, handlers: ChangeHandlers): Disposable {
  const source = sources.changes?.subscribe(() => quietly(handlers.onSource())) ?? null
  const grant = store.watch?.(grantKind(account).key, () => quietly(handlers.onGrant())) ?? null
  if (source === null && grant !== null) return grant
  return {
    [Symbol.dispose]() {
      source?.unsubscribe()
      grant?.[Symbol.dispose]()
    },
  }
}

export function quietly(handled: Promise<void>): void {
  handled.catch(() => undefined)
}
