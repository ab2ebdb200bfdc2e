import { invalidOptions } from '@evergrant/core'
import { inventClientId, inventToken, looksLikeRefreshToken, randomHex, type RandomSource } from './invented-tokens.ts'
import type { ServerTime } from './server-time.ts'

/** One customer's grant to the application, as issued. Frozen; rotation and revocation happen on the server. */
export interface FakeGrant {
  readonly clientId: string
  readonly clientSecret: string
  /** The first refresh token of the grant. */
  readonly refreshToken: string
  readonly grantId: string
  readonly scopes: readonly string[]
  readonly accountNumbers: readonly string[]
}

export interface CreateGrantOptions {
  /** Default `read` and `trade`. */
  readonly scopes?: readonly string[]
  /** How many accounts the customer has. Default 2. */
  readonly accounts?: number
}

/** How refresh tokens change: never; at each use; at each use, with the one before accepted again for a while. */
export type Rotation = 'none' | 'strict' | 'grace'

/** An access token that was handed out. */
export interface IssuedToken {
  readonly value: string
  readonly grant: LiveGrant
  /** 1 for the first access token of a grant. */
  readonly generation: number
  readonly scopes: readonly string[]
  /** Epoch ms. */
  readonly expiresAt: number
  invalidated: boolean
}

/** A grant as the server keeps it. */
export interface LiveGrant {
  readonly issued: FakeGrant
  refreshToken: string
  revoked: boolean
  generation: number
  lastToken: IssuedToken | null
}

interface KnownRefreshToken {
  readonly grant: LiveGrant
  /** The one that came for it, and when (epoch ms). */
  successor: string | null
  spentAt: number
}

export interface GrantsOptions {
  readonly rotation: Rotation
  /** Ms. */
  readonly grace: number
  readonly random: RandomSource
}

/** Everything the authorization server remembers. */
export interface Grants {
  readonly clientId: string
  readonly clientSecret: string
  create(options?: CreateGrantOptions): LiveGrant
  /** The grant of a refresh token, or how the server turns the token down. */
  find(refreshToken: string): LiveGrant | 'invalid-jwt' | 'grant-revoked'
  /** The grant that a refresh token was ever issued for. Throws `invalid-options` if there is none. */
  ofToken(refreshToken: string): LiveGrant
  /** Uses a refresh token: the one to answer with (`null` where nothing rotates), or that it had been used before. */
  spend(grant: LiveGrant, refreshToken: string): { readonly refreshToken: string | null } | 'token-reused'
  /** Hands out an access token that lives `lifetime` seconds. */
  mint(grant: LiveGrant, lifetime: number, scopes?: readonly string[]): IssuedToken
  issued(accessToken: string): IssuedToken | undefined
  isLive(token: IssuedToken): boolean
  /** Invalidates the access tokens of a grant, or of all. */
  invalidate(grant?: LiveGrant): void
  newClientSecret(): string
  all(): Iterable<LiveGrant>
}

export function createGrants(time: ServerTime, { rotation, grace, random }: GrantsOptions): Grants {
  const grants: LiveGrant[] = []
  const refreshTokens = new Map<string, KnownRefreshToken>()
  const accessTokens = new Map<string, IssuedToken>()
  const clientId = inventClientId(random)
  let clientSecret = randomHex(random, 40)
  let accounts = 0

  function claims(grantId: string, scopes: readonly string[]) {
    const iat = Math.floor(time.now() / 1000)
    return { sub: `U-${grantId}`, aud: clientId, scope: scopes.join(' '), grant_id: grantId, iat }
  }

  function lookUp(refreshToken: string): KnownRefreshToken {
    const known = refreshTokens.get(refreshToken)
    if (known !== undefined) return known
    throw invalidOptions(
      'refreshToken',
      'was never issued by this fake',
      'Pass one of fake.credentials or createGrant().',
    )
  }

  function issueRefreshToken(grant: LiveGrant): string {
    const token = inventToken(random, 'rt+jwt', claims(grant.issued.grantId, grant.issued.scopes))
    grant.refreshToken = token
    refreshTokens.set(token, { grant, successor: null, spentAt: 0 })
    return token
  }

  function accountNumber(): string {
    accounts += 1
    return `9EV${String(accounts).padStart(5, '0')}`
  }

  function invalidate(grant?: LiveGrant): void {
    for (const token of accessTokens.values()) {
      if (grant === undefined || token.grant === grant) token.invalidated = true
    }
  }

  return {
    clientId,
    get clientSecret() {
      return clientSecret
    },
    create({ scopes = ['read', 'trade'], accounts: count = 2 } = {}) {
      const grantId = `G-${randomHex(random, 12)}`
      const refreshToken = inventToken(random, 'rt+jwt', claims(grantId, scopes))
      const issued: FakeGrant = Object.freeze({
        clientId,
        clientSecret,
        refreshToken,
        grantId,
        scopes: Object.freeze([...scopes]),
        accountNumbers: Object.freeze(Array.from({ length: count }, accountNumber)),
      })
      const grant: LiveGrant = { issued, refreshToken, revoked: false, generation: 0, lastToken: null }
      refreshTokens.set(refreshToken, { grant, successor: null, spentAt: 0 })
      grants.push(grant)
      return grant
    },
    find(refreshToken) {
      const known = refreshTokens.get(refreshToken)
      // A token of another environment is a sound JWT of a grant that is not here (docs/protocol.md#token-errors).
      if (known === undefined) return looksLikeRefreshToken(refreshToken) ? 'grant-revoked' : 'invalid-jwt'
      return known.grant.revoked ? 'grant-revoked' : known.grant
    },
    ofToken: (refreshToken) => lookUp(refreshToken).grant,
    spend(grant, refreshToken) {
      if (rotation === 'none') return { refreshToken: null }
      const known = lookUp(refreshToken)
      if (known.successor === null) {
        known.successor = issueRefreshToken(grant)
        known.spentAt = time.now()
        return { refreshToken: known.successor }
      }
      const isPrevious = known.successor === grant.refreshToken
      if (rotation === 'grace' && isPrevious && time.now() - known.spentAt <= grace) {
        return { refreshToken: grant.refreshToken }
      }
      grant.revoked = true
      invalidate(grant)
      return 'token-reused'
    },
    mint(grant, lifetime, scopes = grant.issued.scopes) {
      grant.generation += 1
      const expiresAt = time.now() + lifetime * 1000
      const known = claims(grant.issued.grantId, scopes)
      const token: IssuedToken = {
        value: inventToken(random, 'at+jwt', { ...known, exp: Math.floor(expiresAt / 1000) }),
        grant,
        generation: grant.generation,
        scopes,
        expiresAt,
        invalidated: false,
      }
      grant.lastToken = token
      accessTokens.set(token.value, token)
      return token
    },
    issued: (accessToken) => accessTokens.get(accessToken),
    isLive: (token) => !token.invalidated && time.now() < token.expiresAt,
    invalidate,
    newClientSecret() {
      clientSecret = randomHex(random, 40)
      return clientSecret
    },
    all: () => grants,
  }
}
