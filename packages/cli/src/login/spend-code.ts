import { randomUUID } from 'node:crypto'
import type { CodeLogin } from '@evergrant/adapters/tastytrade'
import { createSession, grantKey, secret, stagedStore, type Lease, type Provider } from '@evergrant/core'
import { endingWith } from './ending-with.ts'
import type { GivenCredentials } from './login-ports.ts'
import { ONE_TRY, type LoginAccount } from './try-credentials.ts'

/**
 * Spends the code of a callback: one token request, which counts within the issuer's login budget as any other, and is
 * not made while the address is blocked. Nothing of it is stored but that. Rejects as `getToken()` does.
 */
export async function spendCode(
  { provider, store, clock, signal }: LoginAccount,
  login: CodeLogin,
  callback: URL,
): Promise<GivenCredentials> {
  // An account of its own, which is never committed.
  const account = `login-${randomUUID()}`
  const lease: Lease = { key: grantKey(account), signal, release: () => Promise.resolve() }
  let bought: GivenCredentials | null = null
  const requestToken: Provider['requestToken'] = async (_credentials, options) => {
    const { credentials, response } = await login.finish(callback, options)
    const { clientId, clientSecret = '', refreshToken } = credentials
    bought = { clientId, clientSecret: secret(clientSecret), refreshToken }
    return response
  }
  await using session = createSession({
    provider: endingWith({ ...provider, requestToken }, signal),
    store: stagedStore(store, lease).store,
    account,
    clock,
    ...ONE_TRY,
    // What the session counts as spent. The provider takes the code out of the callback.
    credentials: { refreshToken: callback.searchParams.get('code') ?? account },
  })
  await session.getToken({ signal })
  if (bought === null) throw new Error('The session has a token that nobody bought')
  return bought
}
