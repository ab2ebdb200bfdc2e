import { jsonAnswer } from './answers.ts'
import { narrowScopes, type AuthorizationCodes } from './authorization-codes.ts'
import { twistGrant } from './grant-twist.ts'
import type { Grants, IssuedToken, LiveGrant } from './grants.ts'
import { inventToken, type RandomSource } from './invented-tokens.ts'
import type { LoginGuard } from './login-guard.ts'
import { refuse, type Refusal } from './refusals.ts'
import type { ServerTime } from './server-time.ts'
import type { TokenForm } from './token-form.ts'
import type { Visit } from './visit.ts'

export interface TokenEndpointParts {
  readonly grants: Grants
  readonly codes: AuthorizationCodes
  readonly guard: LoginGuard
  readonly time: ServerTime
  readonly random: RandomSource
  /** Seconds. */
  readonly lifetime: number
}

interface Purchase {
  readonly grant: LiveGrant
  readonly scopes: readonly string[]
  readonly refreshToken: string | null
}

/** `POST /oauth/token` (docs/protocol.md#token-request): the refresh token grant and the authorization code grant. */
export function createTokenEndpoint(parts: TokenEndpointParts): (visit: Visit) => Response {
  const { grants, codes, guard, time } = parts

  function buy({ request, form }: Visit): Purchase | Refusal {
    // A stale header made the second and later refreshes of a client fail.
    if (request.headers.has('authorization')) return 'illegal-authorization-header'
    const grantType = form?.get('grant_type')
    if (form === null || grantType === undefined) return 'invalid-request'
    if (grantType === 'refresh_token') return refresh(form)
    if (grantType === 'authorization_code') return redeem(form)
    return 'unsupported-grant-type'
  }

  function refresh(form: TokenForm): Purchase | Refusal {
    const refreshToken = form.get('refresh_token')
    if (refreshToken === undefined || !form.has('client_secret')) return 'invalid-request'
    const grant = grants.find(refreshToken)
    if (typeof grant === 'string') return grant
    const stranger = unknownClient(form)
    if (stranger !== null) return stranger
    const scopes = narrowScopes(form.get('scope'), grant.issued.scopes)
    if (scopes === null) return 'invalid-scope'
    const spent = grants.spend(grant, refreshToken)
    return spent === 'token-reused' ? spent : { grant, scopes, refreshToken: spent.refreshToken }
  }

  function redeem(form: TokenForm): Purchase | Refusal {
    const code = form.get('code')
    const redirectUri = form.get('redirect_uri')
    if (code === undefined || redirectUri === undefined) return 'invalid-request'
    if (!form.has('client_id') || !form.has('client_secret')) return 'invalid-request'
    const stranger = unknownClient(form)
    if (stranger !== null) return stranger
    const grant = codes.redeem(code, redirectUri)
    if (grant === null) return 'invalid-code'
    return { grant, scopes: grant.issued.scopes, refreshToken: grant.refreshToken }
  }

  function unknownClient(form: TokenForm): Refusal | null {
    if (form.has('client_id') && form.get('client_id') !== grants.clientId) return 'client-unknown'
    return form.get('client_secret') === grants.clientSecret ? null : 'client-secret-mismatch'
  }

  function idToken(grant: LiveGrant): string {
    const { grantId, clientId, scopes } = grant.issued
    const iat = Math.floor(time.now() / 1000)
    const claims = { sub: `U-${grantId}`, aud: clientId, scope: scopes.join(' '), grant_id: grantId, iat }
    return inventToken(parts.random, 'JWT', claims)
  }

  return (visit) => {
    const bought = buy(visit)
    if (typeof bought === 'string') return refuse(bought, visit.line, guard)
    const { grant, scopes, refreshToken } = bought
    const repeated: IssuedToken | null = visit.met?.fault === 'same-token' ? grant.lastToken : null
    const token = repeated ?? grants.mint(grant, parts.lifetime, scopes)
    visit.line.note({ outcome: 'granted', generation: token.generation })
    const body = {
      access_token: token.value,
      token_type: 'Bearer',
      expires_in: repeated === null ? parts.lifetime : Math.max(0, Math.floor((token.expiresAt - time.now()) / 1000)),
      scope: token.scopes.join(' '),
      ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
      ...(scopes.includes('openid') ? { id_token: idToken(grant) } : {}),
    }
    return jsonAnswer(200, twistGrant(body, visit.met), { 'cache-control': 'no-store' })
  }
}
