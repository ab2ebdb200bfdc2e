import { invalidOptions, systemClock, type Clock } from '@evergrant/core'
import { checkKnownOptions } from '../options/known-options.ts'
import { resolveSettings, type TastytradeOptions, type TastytradeSettings } from '../tastytrade/options.ts'
import type { SecondFactor } from './second-factor.ts'

export interface TastytradeLegacyOptions extends Omit<TastytradeOptions, 'body' | 'scopes'> {
  /** Gives the code of a second factor. Without it, a login that needs one fails, and says so. */
  readonly secondFactor?: SecondFactor | undefined
  /**
   * When it is asked for: once the server challenges the device, or before each login with the password, for an account
   * with an authenticator app. Default `challenge`.
   */
  readonly secondFactorAt?: 'challenge' | 'login' | undefined
  /**
   * Ms that it may take. Default 10,000, below core's limit for a token request. Where a person types the code, raise this,
   * the policy's `requestTimeout` above it, and `maxWait` above that.
   */
  readonly secondFactorTimeout?: number | undefined
  /** Default: the clock of this process. */
  readonly clock?: Clock | undefined
}

/** {@link TastytradeLegacyOptions}, checked and complete. */
export interface TastytradeLegacySettings extends TastytradeSettings {
  readonly secondFactor: SecondFactor | undefined
  readonly secondFactorAt: 'challenge' | 'login'
  readonly secondFactorTimeout: number
  readonly clock: Clock
}

const KNOWN = [
  'environment',
  'baseUrl',
  'apiBaseUrl',
  'userAgent',
  'fetch',
  'maxResponseBytes',
  'secondFactor',
  'secondFactorAt',
  'secondFactorTimeout',
  'clock',
] as const satisfies readonly (keyof TastytradeLegacyOptions)[]
const SECOND_FACTOR_TIMEOUT = 10_000

/** Throws `invalid-options` for what cannot be used. */
export function resolveLegacySettings(options: TastytradeLegacyOptions): TastytradeLegacySettings {
  checkKnownOptions(options, KNOWN)
  const { secondFactor, secondFactorAt = 'challenge', clock = systemClock, ...rest } = options
  const { secondFactorTimeout = SECOND_FACTOR_TIMEOUT, ...common } = rest
  if (secondFactor !== undefined && typeof secondFactor !== 'function') {
    throw invalidOptions('secondFactor', 'is not a function', 'Give a function that resolves to the code.')
  }
  if (secondFactorAt !== 'challenge' && secondFactorAt !== 'login') {
    throw invalidOptions('secondFactorAt', 'is not known', 'Use challenge or login.')
  }
  if (secondFactorAt === 'login' && secondFactor === undefined) {
    throw invalidOptions('secondFactor', 'is missing', 'With secondFactorAt: login, each login asks for a code.')
  }
  if (!Number.isSafeInteger(secondFactorTimeout) || secondFactorTimeout < 1) {
    throw invalidOptions(
      'secondFactorTimeout',
      'is not a whole number above 0',
      `The default is ${SECOND_FACTOR_TIMEOUT}.`,
    )
  }
  return { ...resolveSettings(common), secondFactor, secondFactorAt, secondFactorTimeout, clock }
}
