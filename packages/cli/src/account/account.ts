import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import {
  createSession,
  readAccount,
  type AccountReport,
  type Clock,
  type CredentialSource,
  type SessionOptions,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'

/** How an account stands, with the credentials that count. */
export interface AccountStanding {
  readonly report: AccountReport
  /** Where those come from; `null` if there are none. */
  readonly from: 'store' | 'environment' | null
}

/** What a session of a command may have otherwise than others. */
interface SessionTuning extends Pick<SessionOptions, 'random'> {
  /** In place of the account's own. */
  readonly provider?: TastytradeProvider
}

/** One account of a store, looked at or used. */
export interface Account {
  readonly provider: TastytradeProvider
  readonly store: TokenStore
  readonly name: string
  /** How it stands now. Nothing is sent. Rejects with what the store or the source says. */
  look(): Promise<AccountStanding>
  /** A session that shares store, lease and login budget with every bot there. Dispose it. */
  openSession(tuning?: SessionTuning): Promise<TokenSession<TastytradeProvider>>
}

export interface AccountParts {
  readonly provider: TastytradeProvider
  readonly store: TokenStore
  readonly name: string
  /** Counts for an account without living credentials of its own. */
  readonly environment: CredentialSource
  readonly clock: Clock
}

/**
 * A command ends within seconds, so its session renews nothing ahead of time: that is for whoever stays. A token is
 * renewed when it is dead, or too short for what was asked.
 */
const POLICY = { leadFraction: Number.EPSILON }

/**
 * The environment counts for an account that has no living credentials of its own in the store. Else a `.env` of one
 * account would, once it is changed, take the place of every other that somebody has logged in.
 */
export function accountIn({ provider, store, name, environment, clock }: AccountParts): Account {
  const common = { provider, store, account: name, clock }

  return {
    provider,
    store,
    name,
    async look() {
      const own = await readAccount(common)
      if (livesByItself(own)) return { report: own, from: 'store' }
      const given = await environment.read()
      if (given === null) return { report: own, from: own.credentials ? 'store' : null }
      return { report: await readAccount({ ...common, credentials: given }), from: 'environment' }
    },
    async openSession(tuning = {}) {
      const source = livesByItself(await readAccount(common)) ? {} : { credentials: environment }
      return createSession({ ...common, ...source, policy: POLICY, ...tuning })
    },
  }
}

function livesByItself({ credentials, revoked }: AccountReport): boolean {
  return credentials && revoked === null
}
