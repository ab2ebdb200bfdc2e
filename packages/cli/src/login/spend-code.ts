import { randomUUID } from 'node:crypto'
import type { CodeLogin } from '@evergrant/adapters/tastytrade'
import { secret, type Provider } from '@evergrant/core'
import type { GivenCredentials } from './login-ports.ts'
import { stageLogin, type LoginAccount } from './stage-login.ts'

/**
 * Spends the code of a callback: one token request, which counts within the issuer's login budget as any other, and is
 * not made while the address is blocked. Nothing of it is stored but that. Rejects as `getToken()` does.
 */
export async function spendCode(target: LoginAccount, login: CodeLogin, callback: URL): Promise<GivenCredentials> {
  const { provider, signal } = target
  // An account of its own, which is never committed.
  const account = `login-${randomUUID()}`
  let bought: GivenCredentials | null = null
  const requestToken: Provider['requestToken'] = async (_credentials, options) => {
    const { credentials, response } = await login.finish(callback, options)
    const { clientId, clientSecret = '', refreshToken } = credentials
    bought = { clientId, clientSecret: secret(clientSecret), refreshToken }
    return response
  }
  // A code is all that this takes, whatever the provider asks of lasting credentials.
  const buyer = { ...provider, requestToken, check: () => undefined }
  await using staged = await stageLogin({ ...target, account, provider: buyer })
  // What counts as spent. The provider takes the code out of the callback.
  await staged.setCredentials({ refreshToken: callback.searchParams.get('code') ?? account })
  await staged.getToken({ signal })
  if (bought === null) throw new Error('The session has a token that nobody bought')
  return bought
}
