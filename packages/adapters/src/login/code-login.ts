import type { LoginResult, WaitOptions } from './login-result.ts'

/** An authorization code flow under way (RFC 6749 section 4.1). */
export interface CodeLogin {
  /** Where the browser goes. Nothing in it is secret. */
  readonly url: URL
  /** Comes back in the callback, and tells whose it is. */
  readonly state: string
  /**
   * Ends the login with the address at which the browser arrived, whole or from its path on: checks `state` and `iss`,
   * and spends the code. Rejects with `token-request-failed`, or the reason of `signal`. A callback of another login
   * spends nothing, so it may be called again; once the login has succeeded it throws `invalid-options`.
   */
  finish(callbackUrl: string | URL, options?: WaitOptions): Promise<LoginResult>
}
