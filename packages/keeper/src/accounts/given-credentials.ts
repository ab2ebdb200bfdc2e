import type { Secret } from '@evergrant/core'

/** What an operator posts for an account. */
export interface GivenCredentials {
  readonly clientId?: string | undefined
  readonly clientSecret: Secret
  readonly refreshToken: Secret
}
