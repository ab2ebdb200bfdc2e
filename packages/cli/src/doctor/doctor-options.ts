import type { AccountChoice } from '../account/choice.ts'

export interface DoctorOptions {
  readonly choice: AccountChoice
  /** Scopes that the login is to have. */
  readonly need: readonly string[]
  /** Whether one login may be spent. */
  readonly login: 'ask' | 'yes' | 'no'
  /** As the authorization code way of logging in uses it; `null`: not asked. Default client id: that of the account. */
  readonly redirect: { readonly uri: string; readonly clientId?: string | undefined } | null
}
