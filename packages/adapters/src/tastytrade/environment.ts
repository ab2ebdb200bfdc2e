export type TastytradeEnvironment = 'production' | 'sandbox'

interface Preset {
  readonly baseUrl: string
  /** Where a person makes a grant, in words to follow. */
  readonly grants: string
}

/**
 * PROTOCOL.md part 1. Whole addresses, since one environment's host cannot be derived from the other's, and the
 * credentials of one are dead in the other.
 */
export const PRESETS: Readonly<Record<TastytradeEnvironment, Preset>> = {
  production: {
    baseUrl: 'https://api.tastyworks.com',
    grants: 'my.tastytrade.com → Manage → My Profile → API → OAuth Applications → Create Grant',
  },
  sandbox: {
    baseUrl: 'https://api.cert.tastyworks.com',
    grants: 'developer.tastytrade.com → Sandbox, signed in as the sandbox user → OAuth applications → Create Grant',
  },
}
