import type { Provider } from '../provider.ts'
import type { Sources } from './sources.ts'
import type { TokenStore } from '../store.ts'
import { grantKind, ledgerKind } from '../exchange/view.ts'

/** What a session wants to hear of. A handler that rejects is ignored: the next exchange reads everything again. */
export interface ChangeHandlers {
  readonly onSource: () => Promise<void>
  readonly onGrant: () => Promise<void>
  readonly onLedger: () => Promise<void>
}

/** Follows the credential sources and the two store entries that a session depends on, as far as they can be watched. */
export function watchChanges(
  places: {
    readonly sources: Sources
    readonly store: TokenStore
    readonly account: string
    readonly provider: Provider
  },
  handlers: ChangeHandlers,
): Disposable {
  const { sources, store, account, provider } = places
  const quietly = (handle: () => Promise<void>) => () => void handle().catch(() => undefined)
  const source = sources.changes?.subscribe(quietly(handlers.onSource))
  const grant = store.watch?.(grantKind(account).key, quietly(handlers.onGrant))
  const ledger = store.watch?.(ledgerKind(provider.issuer).key, quietly(handlers.onLedger))
  return {
    [Symbol.dispose]() {
      source?.unsubscribe()
      grant?.[Symbol.dispose]()
      ledger?.[Symbol.dispose]()
    },
  }
}
