import { sealCredentials, type CredentialsInput } from '../credentials.ts'
import { takeAccountLease } from '../exchange/account-lease.ts'
import { checkIssuer, markOf } from '../exchange/view.ts'
import type { Policy } from '../policy.ts'
import { grantKind } from '../records/record-kinds.ts'
import type { GrantRecord } from '../records/record.ts'
import { readStored, updateStored } from '../records/stored.ts'
import { checkOptions, type SessionOptions } from '../session/session-options.ts'
import { createSession } from '../session/session.ts'
import type { GetTokenOptions, TokenSession } from '../session/token-session.ts'
import type { TokenStore } from '../store.ts'
import { createTimeline } from '../time/timeline.ts'
import type { AccessToken } from '../token.ts'
import { stagedStore } from './staged-store.ts'

/** What {@link stageAccount} takes. `policy.leaseWait` is how long it waits for whoever fetches a token just now. */
export interface StageAccountOptions extends Pick<SessionOptions, 'provider' | 'policy' | 'clock'> {
  readonly store: TokenStore
  /** Name of the account in the store. */
  readonly account: string
  /** Ends the wait for the lease; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** An account as it would be with other credentials. Until `commit()` nothing of it has changed. Dispose it in any case. */
export interface StagedAccount extends AsyncDisposable {
  /**
   * Sets credentials in place of all that the account has: what they leave out is not taken from there. Those that were
   * set last stay what the server has made of them since. Rejects as a session's `setCredentials()`.
   */
  setCredentials(credentials: CredentialsInput): Promise<void>
  /**
   * Tries them with one token request at most, within the issuer's login budget. Rejects as a session's `getToken()`, and
   * says a failure that passes at once; credentials that are known dead are not sent.
   */
  getToken(options?: GetTokenOptions): Promise<AccessToken>
  /**
   * Puts the credentials, as the server has left them, and their token in place, in one write; a kill leaves the old or the
   * new. It wins over a sign-out and over credentials that came meanwhile. Sessions on the same store take it over, also
   * one that is `revoked`. Rejects with what the store says, or `wrong-issuer`; then nothing has changed.
   */
  commit(): Promise<void>
}

/** Whoever asks is told of a failure at once, and asks again: a session of its own would try again by itself. */
const ONE_REQUEST: Partial<Policy> = {
  backoffBase: 300_000,
  suspiciousBackoffBase: 300_000,
  misconfiguredPause: 300_000,
}
const NOTHING_CHANGED = 'Look for a process that hangs, end it, and try again. Nothing was changed.'

/**
 * For trying credentials before they take the place of others. Holds the account's lease until it is disposed: nobody
 * spends the old ones meanwhile. Rejects with `lease-timeout`, `invalid-options` or what the store says.
 */
export async function stageAccount({ signal, ...given }: StageAccountOptions): Promise<StagedAccount> {
  const options = { ...given, policy: { ...given.policy, ...ONE_REQUEST }, random: () => 1 }
  const settings = checkOptions(options)
  const { store, account, provider, clock } = settings
  const lease = await takeAccountLease({ ...settings, timeline: createTimeline(clock) }, NOTHING_CHANGED, signal)
  const staged = stagedStore(store, lease)
  const kind = grantKind(account)

  /** Disposed, it has written all that it will. */
  async function inSession<T>(work: (session: TokenSession) => Promise<T>): Promise<T> {
    const session = createSession({ ...options, store: staged })
    try {
      return await work(session)
    } finally {
      await session.dispose()
    }
  }

  return {
    setCredentials: (credentials) =>
      inSession(async (session) => {
        const { value } = await readStored(staged, kind)
        // Else the client that the account had before would go out with the secret of another.
        if (value.given !== markOf(provider.issuer, sealCredentials(credentials))) await session.signOut()
        await session.setCredentials(credentials)
      }),
    getToken: (wait) => inSession((session) => session.getToken(wait)),
    async commit() {
      const { value } = await readStored(staged, kind)
      await updateStored(store, kind, (found) => {
        checkIssuer(settings, found)
        return putOver(found, value)
      })
    },
    [Symbol.asyncDispose]: () => lease.release(),
  }
}

/** Both counts grow whatever was written meanwhile: sessions take over only what is newer than what they know (P14). */
function putOver(found: GrantRecord, tried: GrantRecord): GrantRecord {
  return {
    ...tried,
    epoch: Math.max(tried.epoch, found.epoch + 1),
    generation: Math.max(tried.generation, found.generation + (tried.token === null ? 0 : 1)),
  }
}
