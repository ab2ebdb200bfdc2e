import {
  createSessionPool,
  isCredentialsMissing,
  isDisposed,
  isSignedOut,
  listAccounts,
  readAccount,
  type AccessToken,
  type AccountReport,
  type Clock,
  type Policy,
  type SessionPool,
  type Provider,
  type SessionStatus,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import type { GivenCredentials } from './given-credentials.ts'
import { createRefusedCredentials } from './refused-credentials.ts'
import { renewAll } from './renew-all.ts'
import { replaceCredentials, storeUntried } from './replace-credentials.ts'

export interface AccountsOptions<P extends Provider> {
  readonly provider: P
  readonly store: TokenStore
  readonly clock: Clock
  readonly policy: Partial<Policy>
  readonly random: (() => number) | undefined
  readonly concurrency: number | undefined
  readonly idleAfter: number | undefined
  readonly renew: 'used' | 'all'
  /** Ms that a caller waits at most. */
  readonly patience: number
}

export interface TokenWish {
  /** Ms that the token must still live. */
  readonly minTtl: number
  /** A generation that the API has refused; 0 for none. */
  readonly rejected: number
  /** Ms to wait at most, if less than for everybody. */
  readonly maxWait?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The accounts that the keeper keeps alive. Everything rejects with the errors of core. */
export interface Accounts<P extends Provider = Provider> {
  readonly provider: P
  /** The token in hand if it is what is wished for; asks nobody. */
  ready(account: string, wish: TokenWish): AccessToken | null
  token(account: string, wish: TokenWish): Promise<AccessToken>
  /** For one who sends requests with it. An account that there is not must be let go again with `release`. */
  session(account: string): TokenSession<P>
  /** Forgets an account that turned out not to exist, if that is what the error says. */
  release(account: string, error: unknown): void
  /** What is shown of an account that is awake; `null` of one that sleeps. */
  awake(account: string): SessionStatus | null
  readonly awakeNames: readonly string[]
  /** What the store knows. */
  report(account: string): Promise<AccountReport>
  /** Names after `after`, signed-out ones too, in alphabetical order; those that are `wanted`. */
  names(after: string, limit: number, wanted: (account: string) => boolean): Promise<readonly string[]>
  tryCredentials(account: string, credentials: GivenCredentials): Promise<AccessToken>
  storeCredentials(account: string, credentials: GivenCredentials): Promise<void>
  signOut(account: string, revoke: boolean): Promise<void>
  readonly events$: SessionPool['events$']
  /** Waits for the token requests under way. */
  dispose(): Promise<void>
}

/** Ms for which the names of all accounts are as they were; those that are posted here are seen at once. */
const LISTING_HOLDS = 5_000
/** Ms to wait until a session of this process has taken over what was stored. */
const TAKE_OVER = 5_000

export function createAccounts<P extends Provider>(options: AccountsOptions<P>): Accounts<P> {
  const { provider, store, clock, policy, random, concurrency, patience } = options
  const all = options.renew === 'all'
  const idleAfter = all ? Number.POSITIVE_INFINITY : options.idleAfter
  const pool = createSessionPool({ provider, store, clock, policy, random, concurrency, idleAfter })
  /** Whose sessions the pool has: it makes one for whoever is asked for. */
  const known = new Set<string>()
  const renewal = all ? renewAll({ wake, store, clock }) : null
  let listing: { readonly at: number; readonly names: Promise<readonly string[]> } | null = null
  let ended = false

  const refused = createRefusedCredentials(provider.issuer, clock)
  const given = (account: string) => ({ provider, store, account, clock, policy, patience })

  /** A store may take long to list what it has, and a page comes after a page. */
  function listed(): Promise<readonly string[]> {
    const now = clock.monotonic()
    if (listing !== null && now - listing.at < LISTING_HOLDS) return listing.names
    const names = listAccounts(store)
    listing = { at: now, names }
    names.catch(() => {
      listing = null
    })
    return names
  }

  function sessionOf(account: string): TokenSession<P> {
    known.add(account)
    return pool.session(account)
  }

  async function drop(account: string): Promise<void> {
    known.delete(account)
    renewal?.remove(account)
    await pool.remove(account)
  }

  function release(account: string, error: unknown): void {
    if (isCredentialsMissing(error) || isSignedOut(error)) void drop(account)
  }

  function ready(account: string, { minTtl, rejected }: TokenWish): AccessToken | null {
    const token = sessionOf(account).peekToken()
    if (token === null || token.generation === rejected) return null
    return minTtl === 0 || token.expiresAt - clock.now() >= minTtl ? token : null
  }

  async function ask(account: string, { minTtl, rejected, maxWait, signal }: TokenWish): Promise<AccessToken> {
    const session = sessionOf(account)
    const bound = Math.min(patience, maxWait ?? patience)
    const wait = { maxWait: bound, ...(signal === undefined ? {} : { signal }) }
    if (rejected > 0) {
      const token = session.peekToken() ?? (await session.getToken(wait))
      // Told once, however many callers say so: the session knows which generation it is at (P10).
      if (token.generation === rejected) session.reportRejected(token)
    }
    return session.getToken({ ...wait, minTtl })
  }

  async function wake(account: string): Promise<boolean> {
    try {
      await token(account, { minTtl: 0, rejected: 0 })
      return true
    } catch (error) {
      return !isCredentialsMissing(error) && !isSignedOut(error)
    }
  }

  async function token(account: string, wish: TokenWish): Promise<AccessToken> {
    for (let again = true; ; again = false) {
      try {
        return await ask(account, wish)
      } catch (error) {
        release(account, error)
        // Let go by another caller, for whom the account did not exist yet.
        if (!again || ended || !isDisposed(error)) throw error
      }
    }
  }

  function awake(account: string): SessionStatus | null {
    if (!known.has(account)) return null
    const status = pool.session(account).getSnapshot()
    return status.state === 'unauthenticated' && status.generation === 0 && status.reason === null ? null : status
  }

  /** The watch of the store would tell it too, but later than the caller who has just changed it asks. */
  async function changed(account: string): Promise<void> {
    listing = null
    renewal?.add(account)
    if (awake(account) === null) return
    await pool
      .session(account)
      .refresh({ force: true, maxWait: TAKE_OVER })
      .catch(() => undefined)
  }

  return {
    provider,
    ready,
    token,
    session: sessionOf,
    release,
    awake,
    get awakeNames() {
      return pool.accounts
    },
    report: (account) => readAccount({ provider, store, account, policy, clock }),
    async names(after, limit, wanted) {
      const names = await listed()
      return names.filter((name) => name > after && wanted(name)).slice(0, limit)
    },
    async tryCredentials(account, credentials) {
      refused.check(account, credentials)
      try {
        const granted = await replaceCredentials(given(account), credentials)
        await changed(account)
        return granted
      } catch (error) {
        refused.note(credentials, error)
        throw error
      }
    },
    async storeCredentials(account, credentials) {
      await storeUntried(given(account), credentials)
      await changed(account)
    },
    async signOut(account, revoke) {
      try {
        await sessionOf(account).signOut({ revoke })
      } finally {
        await drop(account)
      }
    },
    events$: pool.events$,
    async dispose() {
      ended = true
      renewal?.[Symbol.dispose]()
      await pool.dispose()
    },
  }
}
