import type { OAuth2Options } from '../oauth2/options.ts'

/** The part of the options that a provider decides, and not the application. */
export type PresetOptions = Required<Pick<OAuth2Options, 'endpoints'>> &
  Pick<
    OAuth2Options,
    | 'apiBaseUrl'
    | 'clientAuthentication'
    | 'dailyExpiry'
    | 'dialect'
    | 'grant'
    | 'help'
    | 'issuer'
    | 'judge'
    | 'loginLifetime'
    | 'tokenType'
  >

/** Where a fact is from. */
export interface PresetSource {
  readonly url: string
  /** ISO date on which a stored copy, or what others quote of it, was compared with this; `null` if it was not. */
  readonly read: string | null
  /** What it says, in our words. */
  readonly says: string
  /** `provider`: its own documentation. `community`: what its users have found. */
  readonly by: 'provider' | 'community'
}

export interface PresetFacts {
  /** Usual lifetime of an access token, in seconds; what an answer says wins. `null` where all die at one time of day. */
  readonly accessTokenLifetime: number | null
  /** Lifetime of a refresh token, in seconds; `null` where it does not end by itself, or there is none. */
  readonly refreshTokenLifetime: number | null
  /**
   * From when that counts. `login`: a hard deadline, which no refresh moves, so that a person must log in again before it.
   * `issue`: each new refresh token has all of it. `use`: it ends for want of use.
   */
  readonly refreshTokenLifetimeFrom: 'login' | 'issue' | 'use' | null
  /** Whether a refresh brings a new refresh token, and whether the old one dies of it; `null` where there is none. */
  readonly rotation: 'none' | 'optional' | 'old one lives on' | 'old one dies' | null
  readonly sources: readonly PresetSource[]
}

export interface Preset {
  readonly options: PresetOptions
  readonly facts: PresetFacts
}
