export type TastytradeEnvironment = 'production' | 'sandbox'

interface Preset {
  readonly baseUrl: string
  /** The page on which a person lets an application in (docs/protocol.md#hosts). */
  readonly authorizeUrl: string
  /** Where a person makes a grant, in words to follow. */
  readonly grants: string
}

/**
 * Whole addresses (docs/protocol.md#hosts), since one environment's host cannot be derived from the other's, and the
 * credentials of one are dead in the other.
 */
export const PRESETS: Readonly<Record<TastytradeEnvironment, Preset>> = {
  production: {
    baseUrl: 'https://api.tastyworks.com',
    authorizeUrl: 'https://my.tastytrade.com/auth.html',
    grants: 'my.tastytrade.com → Manage → My Profile → API → OAuth Applications → Create Grant',
  },
  sandbox: {
    baseUrl: 'https://api.cert.tastyworks.com',
    authorizeUrl: 'https://cert-my.staging-tasty.works/auth.html',
    grants: 'developer.tastytrade.com → Sandbox, signed in as the sandbox user → OAuth applications → Create Grant',
  },
}
