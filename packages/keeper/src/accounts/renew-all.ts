import { listAccounts, type Clock, type TokenStore } from '@evergrant/core'

export interface RenewAllParts {
  /** Gets a token of an account, and with it the account awake. Resolves to false if it does not exist. */
  readonly wake: (account: string) => Promise<boolean>
  readonly store: TokenStore
  readonly clock: Clock
}

/** Keeps the tokens of all stored accounts alive, from now on and whether anybody asks for them or not. */
export interface RenewAll extends Disposable {
  add(account: string): void
  /** It is gone, and may come again. */
  remove(account: string): void
}

/** How many accounts are looked up in the store at once while all are woken. */
const AT_ONCE = 16
/** Ms between two looks at the store for accounts that were added elsewhere. */
const LOOK_EVERY = 60_000

export function renewAll({ wake, store, clock }: RenewAllParts): RenewAll {
  const awake = new Set<string>()
  const waiting: string[] = []
  let lanes = 0
  let ended = false
  let alarm: Disposable | null = null

  async function work(): Promise<void> {
    for (let account = waiting.pop(); account !== undefined; account = waiting.pop()) {
      if (!(await wake(account))) awake.delete(account)
    }
    lanes -= 1
  }

  function add(account: string): void {
    if (awake.has(account) || ended) return
    awake.add(account)
    waiting.push(account)
    if (lanes >= AT_ONCE) return
    lanes += 1
    void work()
  }

  function lookLater(): void {
    if (!ended) alarm = clock.alarm(clock.monotonic() + LOOK_EVERY, () => void look())
  }

  async function look(): Promise<void> {
    try {
      for (const account of await listAccounts(store)) add(account)
    } catch {
      // The store has trouble; looked at again later.
    }
    lookLater()
  }

  void look()
  return {
    add,
    remove(account) {
      awake.delete(account)
    },
    [Symbol.dispose]() {
      ended = true
      waiting.length = 0
      alarm?.[Symbol.dispose]()
    },
  }
}
