import {
  createSession,
  credentialsFingerprint,
  EvergrantError,
  grantKey,
  isLeaseLost,
  isStoreConflict,
  sealCredentials,
  secret,
  stagedStore,
  type AccessToken,
  type Clock,
  type Lease,
  type Policy,
  type Provider,
  type Secret,
  type StagedStore,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import { z } from 'zod'
import { keptRotation, type KeptRotation } from './kept-rotation.ts'

/** What an operator posts for an account. */
export interface GivenCredentials {
  readonly clientId?: string | undefined
  readonly clientSecret: Secret
  readonly refreshToken: Secret
}

/** The account that they are for. */
export interface GivenAccount {
  readonly provider: Provider
  readonly store: TokenStore
  readonly account: string
  readonly clock: Clock
  readonly policy: Partial<Policy>
  /** Ms for all of it. */
  readonly patience: number
}

/** The caller is told of a failure at once, and comes again: the trial makes one request at most. */
const ONE_REQUEST: Partial<Policy> = {
  backoffBase: 300_000,
  suspiciousBackoffBase: 300_000,
  misconfiguredPause: 300_000,
}
const LEASE_TTL = 10_000
/** Nobody changes one account this often at once. */
const MOST_CONFLICTS = 20

/**
 * Tries credentials with one token request, under the account's lease and within the issuer's login budget, and puts them and
 * their token in place of what the account had, in one write; a kill leaves the old or the new. If they are refused
 * or nobody can tell, nothing of the account has changed. Rejects as `getToken()` does, or with `lease-timeout`.
 *
 * What the server has once given for them is never dropped: a server that rotates takes what was posted no more.
 */
export async function replaceCredentials(given: GivenAccount, credentials: GivenCredentials): Promise<AccessToken> {
  const { store, provider, account } = given
  const kept = keptRotation(store, provider.issuer, account)
  const lease = await takeLease(given)
  const tried = stagedStore(store, lease)
  const watched = watchGrants(provider, credentials, kept)
  let token: AccessToken
  try {
    const present = await kept.recall(credentials)
    token = await tryOnce({ ...given, provider: watched.provider }, tried, present)
  } catch (error) {
    await lease.release()
    if (!watched.granted) throw error
    // Too late for whoever posted them, who hears of that; not for the account.
    await putInPlace(given, watched.credentials)
    await kept.forget()
    throw error
  }
  await commit(given, lease, tried, () => watched.credentials)
  if (watched.rotated) await kept.forget()
  return token
}

/** Puts credentials in place that nobody has tried. Whoever asks for the account's token next spends them. */
export async function storeUntried(given: GivenAccount, credentials: GivenCredentials): Promise<void> {
  await putInPlace(given, credentials)
}

interface WatchedGrants {
  readonly provider: Provider
  readonly granted: boolean
  readonly rotated: boolean
  /** With the refresh token that the server gave last. */
  readonly credentials: GivenCredentials
}

function watchGrants(provider: Provider, given: GivenCredentials, kept: KeptRotation): WatchedGrants {
  let granted = false
  let rotated = false
  let credentials = given
  return {
    provider: {
      ...provider,
      async requestToken(sent, options) {
        const response = await provider.requestToken(sent, options)
        granted = true
        if (response.refreshToken) {
          rotated = true
          credentials = { ...credentials, refreshToken: secret(response.refreshToken) }
          // Where it cannot be kept, it is still put in place in a moment.
          await kept.keep(given, credentials).catch(() => undefined)
        }
        return response
      },
    },
    get granted() {
      return granted
    },
    get rotated() {
      return rotated
    },
    get credentials() {
      return credentials
    },
  }
}

async function tryOnce(given: GivenAccount, staged: StagedStore, credentials: GivenCredentials): Promise<AccessToken> {
  // What the trial still writes when it is over belongs to what is committed.
  await using session = await stagedSession(given, staged, credentials)
  return await session.getToken({ maxWait: given.patience })
}

async function putInPlace(given: GivenAccount, credentials: GivenCredentials): Promise<void> {
  const lease = await takeLease(given)
  const staged = stagedStore(given.store, lease)
  try {
    await (await stagedSession(given, staged, credentials)).dispose()
  } catch (error) {
    // A lease renews itself: kept by nobody, it would keep the account from everybody for as long as this process lives.
    await lease.release()
    throw error
  }
  await commit(given, lease, staged, () => credentials)
}

async function stagedSession(
  { provider, account, clock, policy }: GivenAccount,
  { store }: StagedStore,
  credentials: GivenCredentials,
): Promise<TokenSession> {
  const settings = { policy: { ...policy, ...ONE_REQUEST }, random: () => 1 }
  const session = createSession({ provider, store, account, clock, ...settings })
  try {
    // Else the client that the account had before would go out with the secret of another. What was posted before stays, and
    // with it what the server has made of it since.
    const another = credentials.clientId === undefined && !(await isGiven(provider, store, account, credentials))
    if (another) await session.signOut()
    await session.setCredentials(credentials)
    return session
  } catch (error) {
    await session.dispose()
    throw error
  }
}

/** Only this is read of a record, which is core's own: the mark of what was set last. */
const givenMark = z.object({ given: z.string() })

/** Whether just these credentials were posted last. */
async function isGiven(
  { issuer }: Provider,
  store: TokenStore,
  account: string,
  credentials: GivenCredentials,
): Promise<boolean> {
  const stored = givenMark.safeParse((await store.read(grantKey(account)))?.value)
  return stored.success && stored.data.given === credentialsFingerprint(issuer, sealCredentials(credentials))
}

/** Gives the lease back, whatever comes of it. */
async function commit(
  given: GivenAccount,
  held: Lease,
  tried: StagedStore,
  present: () => GivenCredentials,
): Promise<void> {
  let lease = held
  let staged = tried
  try {
    for (let failures = 0; ; failures += 1) {
      try {
        return await staged.commit()
      } catch (error) {
        const again = isStoreConflict(error) || isLeaseLost(error)
        if (!again || failures >= MOST_CONFLICTS) throw error
      }
      if (lease.signal.aborted) {
        await lease.release()
        lease = await takeLease(given)
      }
      // Somebody signed out or posted others meanwhile. What was set last wins; its token is fetched anew.
      staged = stagedStore(given.store, lease)
      await (await stagedSession(given, staged, present())).dispose()
    }
  } finally {
    await lease.release()
  }
}

async function takeLease({ store, account, clock, patience }: GivenAccount): Promise<Lease> {
  const key = grantKey(account)
  const waiting = new AbortController()
  const tooLong = (): void => waiting.abort(leaseTimeout(key, account))
  const alarm = clock.alarm(clock.monotonic() + patience, tooLong)
  try {
    return await store.lease(key, { ttl: LEASE_TTL, signal: waiting.signal })
  } finally {
    alarm[Symbol.dispose]()
  }
}

function leaseTimeout(key: string, account: string): EvergrantError<'lease-timeout'> {
  return new EvergrantError('lease-timeout', {
    message: `A token of account ${account} is being fetched elsewhere, for too long`,
    help: 'Try again. Nothing was changed.',
    details: { key },
  })
}
