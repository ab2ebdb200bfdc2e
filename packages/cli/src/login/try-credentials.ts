import {
  createSession,
  EvergrantError,
  grantKey,
  isStoreConflict,
  stagedStore,
  type AccessToken,
  type Clock,
  type Lease,
  type Policy,
  type Provider,
  type StagedStore,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import { endingWith } from './ending-with.ts'
import type { GivenCredentials } from './login-ports.ts'

/** The account that somebody logs in. */
export interface LoginAccount {
  readonly provider: Provider
  readonly store: TokenStore
  /** Its name in the store. */
  readonly account: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Credentials that were tried, and work. Dispose it, saved or not. */
export interface Trial extends AsyncDisposable {
  readonly token: AccessToken
  /**
   * Puts the credentials and the token in place of what the account had, in one write: a kill leaves the old or the new.
   * Sessions on the same store take them over, also one that stands at `revoked`.
   */
  save(): Promise<void>
}

/** A person waits: a failure is told at once, and tried again when they ask for it. */
const ONE_REQUEST: Partial<Policy> = {
  backoffBase: 300_000,
  suspiciousBackoffBase: 300_000,
  misconfiguredPause: 300_000,
}
const LEASE_TTL = 10_000
/** Ms to wait for a bot that is fetching a token of this account just now. */
const LEASE_WAIT = 30_000
/** Nobody signs in this often at once. */
const MOST_CONFLICTS = 20

/** Options of a session that makes one request at most, and says at once how it ended. */
export const ONE_TRY = { policy: ONE_REQUEST, random: () => 1 } as const

/**
 * Tries credentials with one token request, under the account's lease and within the issuer's login budget, and changes
 * nothing of the account. Rejects as `getToken()` does; credentials that are known dead are not sent.
 */
export async function tryCredentials(account: LoginAccount, credentials: GivenCredentials): Promise<Trial> {
  const lease = await takeLease(account)
  try {
    const staged = stagedStore(account.store, lease)
    await using session = await sessionWith(account, staged, credentials)
    const token = await session.getToken({ signal: account.signal })
    return {
      token,
      save: () => save(account, credentials, lease, staged),
      [Symbol.asyncDispose]: () => lease.release(),
    }
  } catch (error) {
    await lease.release()
    throw error
  }
}

/** Without what the account had before: a client id of another application would go out with the new secret. */
async function sessionWith(
  { provider, account, clock, signal }: LoginAccount,
  { store }: StagedStore,
  credentials: GivenCredentials,
): Promise<TokenSession> {
  const session = createSession({ provider: endingWith(provider, signal), store, account, clock, ...ONE_TRY })
  await session.signOut()
  await session.setCredentials(credentials)
  return session
}

async function save(
  account: LoginAccount,
  credentials: GivenCredentials,
  lease: Lease,
  tried: StagedStore,
): Promise<void> {
  let staged = tried
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      return await staged.commit()
    } catch (error) {
      if (!isStoreConflict(error) || conflicts >= MOST_CONFLICTS) throw error
    }
    // Somebody signed out or logged in meanwhile. What was set last wins; the token is fetched anew by whoever needs it.
    staged = stagedStore(account.store, lease)
    await (await sessionWith(account, staged, credentials)).dispose()
  }
}

async function takeLease({ store, account, clock, signal }: LoginAccount): Promise<Lease> {
  const key = grantKey(account)
  const patience = new AbortController()
  const tooLong = (): void => patience.abort(leaseTimeout(key, account))
  const alarm = clock.alarm(clock.monotonic() + LEASE_WAIT, tooLong, { hold: true })
  try {
    return await store.lease(key, { ttl: LEASE_TTL, signal: AbortSignal.any([signal, patience.signal]) })
  } finally {
    alarm[Symbol.dispose]()
  }
}

function leaseTimeout(key: string, account: string): EvergrantError<'lease-timeout'> {
  return new EvergrantError('lease-timeout', {
    message: `Another process has been fetching a token of account ${account} for too long`,
    help: 'Look for a bot that hangs, end it, and log in again. Nothing was changed.',
    details: { key },
  })
}
