import type { OAuth2Options } from '../oauth2/options.ts'

/** The part of the options that a provider decides, and not the application. */
export type PresetOptions = Pick<OAuth2Options, 'apiBaseUrl' | 'clientAuthentication' | 'help' | 'issuer' | 'judge'> &
  Required<Pick<OAuth2Options, 'endpoints'>>

/** Where a fact is from. */
export interface PresetSource {
  readonly url: string
  /** ISO date on which a stored copy was compared with this; `null` where that is still to be done. */
  readonly read: string | null
  /** What it says, in our words. */
  readonly says: string
  /** `provider`: its own documentation. `community`: what its users have found. */
  readonly by: 'provider' | 'community'
}

export interface PresetFacts {
  /** Usual lifetime of an access token, in seconds; what an answer says wins. */
  readonly accessTokenLifetime: number
  /** Lifetime of a refresh token, in seconds; `null` where it does not end by itself. */
  readonly refreshTokenLifetime: number | null
  /**
   * From when that counts. `login`: a hard deadline, which no refresh moves, so that a person must log in again before it.
   * `issue`: each new refresh token has all of it. `use`: it ends for want of use.
   */
  readonly refreshTokenLifetimeFrom: 'login' | 'issue' | 'use' | null
  /** Whether a refresh brings a new refresh token, and whether the old one dies of it. */
  readonly rotation: 'none' | 'optional' | 'old one lives on' | 'old one dies'
  readonly sources: readonly PresetSource[]
}

export interface Preset {
  readonly options: PresetOptions
  readonly facts: PresetFacts
}
