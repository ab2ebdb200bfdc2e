import { stageAccount, type Clock, type Provider, type StagedAccount, type TokenStore } from '@evergrant/core'

/** The account that somebody logs in. */
export interface LoginAccount {
  readonly provider: Provider
  readonly store: TokenStore
  /** Its name in the store. */
  readonly account: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The account with the login that is being tried; its token requests end with the signal too. */
export function stageLogin({ provider, store, account, clock, signal }: LoginAccount): Promise<StagedAccount> {
  return stageAccount({ provider: endingWith(provider, signal), store, account, clock, signal })
}

/** A session that is disposed waits for its request, so that no answer is lost; a person who ends a login wants none. */
function endingWith(provider: Provider, signal: AbortSignal): Provider {
  return {
    ...provider,
    requestToken: (credentials, options) =>
      provider.requestToken(credentials, { ...options, signal: AbortSignal.any([options.signal, signal]) }),
  }
}
