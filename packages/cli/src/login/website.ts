import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'

interface Website {
  /** The page to open. */
  readonly page: string
  /** From there to the applications. */
  readonly way: string
}

/** Where a person makes applications and grants (docs/protocol.md#authorization). */
export const WEBSITES: Readonly<Record<TastytradeEnvironment, Website>> = {
  production: {
    page: 'https://my.tastytrade.com',
    way: 'Manage → My Profile → API → OAuth Applications',
  },
  sandbox: {
    page: 'https://developer.tastytrade.com',
    way: 'Sandbox → OAuth applications, signed in as your sandbox user',
  },
}

export const FAQ = 'https://developer.tastytrade.com/faq'
export const SUPPORT = 'api.support@tastytrade.com'

/** The page and the way from there to the applications and their grants, in one line. */
export function directions(environment: TastytradeEnvironment): string {
  const { page, way } = WEBSITES[environment]
  return `${page} → ${way}`
}

/** From nothing to a client secret and a refresh token, step by step. */
export function grantSteps(environment: TastytradeEnvironment, redirectUri: string): readonly string[] {
  const { page, way } = WEBSITES[environment]
  return [
    `Open ${page} and log in.`,
    `Go to: ${way}.`,
    `Make an application, if you have none: give it a name, tick the scope "read", and enter the redirect URI ${redirectUri} (no slash at the end).`,
    'Copy the client secret that it shows. It is shown this once; a lost one is made anew there, which ends all earlier grants.',
    'On the same page choose Manage → Create Grant for that application, and copy the refresh token.',
  ]
}

/** How to come by a new refresh token, in one line. */
export function newGrant(environment: TastytradeEnvironment): string {
  return `Make a new refresh token: ${directions(environment)} → Create Grant.`
}

export function otherEnvironment(environment: TastytradeEnvironment): TastytradeEnvironment {
  return environment === 'production' ? 'sandbox' : 'production'
}
