import { invalidOptions } from '@evergrant/core'
import type { Grants, LiveGrant } from './grants.ts'
import { randomHex, type RandomSource } from './invented-tokens.ts'
import type { ServerTime } from './server-time.ts'

const LIFETIME = 60_000

interface IssuedCode {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly expiresAt: number
  grant: LiveGrant | null
}

/** Codes that a person's approval brings; each buys one grant (RFC 6749 section 4.1.2). */
export interface AuthorizationCodes {
  issue(redirectUri: string, scopes: readonly string[]): string
  /** A new grant; `null` if the code is unknown, too old, spent, or meant for another address. */
  redeem(code: string, redirectUri: string): LiveGrant | null
}

export function createAuthorizationCodes(time: ServerTime, grants: Grants, random: RandomSource): AuthorizationCodes {
  const codes = new Map<string, IssuedCode>()
  return {
    issue(redirectUri, scopes) {
      const code = randomHex(random, 32)
      codes.set(code, { redirectUri, scopes, expiresAt: time.now() + LIFETIME, grant: null })
      return code
    },
    redeem(code, redirectUri) {
      const issued = codes.get(code)
      if (issued === undefined || issued.redirectUri !== redirectUri || time.now() >= issued.expiresAt) return null
      if (issued.grant !== null) {
        // A code that comes twice was stolen once: what it bought dies (RFC 6749 section 4.1.2).
        issued.grant.revoked = true
        grants.invalidate(issued.grant)
        return null
      }
      issued.grant = grants.create({ scopes: issued.scopes })
      return issued.grant
    },
  }
}

/** Scopes of a request as a list; `null` if one is not among those allowed. */
export function narrowScopes(asked: string | undefined, allowed: readonly string[]): readonly string[] | null {
  const scopes = asked?.split(' ').filter((scope) => scope !== '') ?? []
  if (scopes.length === 0) return allowed
  return scopes.every((scope) => allowed.includes(scope)) ? scopes : null
}

/** Throws `invalid-options` for an address that no redirect can go to. */
export function redirectUris(uris: readonly string[]): ReadonlySet<string> {
  for (const uri of uris) {
    if (!URL.canParse(uri)) throw invalidOptions('redirectUris', `${uri} is no URI`, 'Pass whole addresses.')
  }
  return new Set(uris)
}
