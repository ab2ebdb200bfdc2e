import {
  secret,
  stageAccount,
  type AccessToken,
  type Clock,
  type Policy,
  type Provider,
  type StagedAccount,
  type TokenStore,
} from '@evergrant/core'
import type { GivenCredentials } from './given-credentials.ts'
import { keptRotation, type KeptRotation } from './kept-rotation.ts'

/** The account that they are for. */
export interface GivenAccount {
  readonly provider: Provider
  readonly store: TokenStore
  readonly account: string
  readonly clock: Clock
  readonly policy: Partial<Policy>
  /** Ms to wait for the lease, and again for the token. */
  readonly patience: number
}

/**
 * Tries credentials with one token request, under the account's lease and within the issuer's login budget, and puts them and
 * their token in place of what the account had, in one write; a kill leaves the old or the new. If they are refused
 * or nobody can tell, nothing of the account has changed. Rejects as `getToken()` does, or with `lease-timeout`.
 *
 * What the server has once given for them is never dropped: a server that rotates takes what was posted no more.
 */
export async function replaceCredentials(given: GivenAccount, credentials: GivenCredentials): Promise<AccessToken> {
  const { store, provider, account, patience } = given
  const kept = keptRotation(store, provider.issuer, account)
  const watched = watchGrants(provider, credentials, kept)
  await using staged = await stage({ ...given, provider: watched.provider })
  await staged.setCredentials(await kept.recall(credentials))
  let token: AccessToken
  try {
    token = await staged.getToken({ maxWait: patience })
  } catch (error) {
    if (!watched.granted) throw error
    // Too late for whoever posted them, who hears of that; not for the account.
    await staged.setCredentials(watched.credentials)
    await staged.commit()
    await kept.forget()
    throw error
  }
  await staged.commit()
  if (watched.rotated) await kept.forget()
  return token
}

/** Puts credentials in place that nobody has tried. Whoever asks for the account's token next spends them. */
export async function storeUntried(given: GivenAccount, credentials: GivenCredentials): Promise<void> {
  await using staged = await stage(given)
  await staged.setCredentials(credentials)
  await staged.commit()
}

function stage({ provider, store, account, clock, policy, patience }: GivenAccount): Promise<StagedAccount> {
  return stageAccount({ provider, store, account, clock, policy: { ...policy, leaseWait: patience } })
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
