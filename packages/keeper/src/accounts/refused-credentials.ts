import {
  credentialsFingerprint,
  EvergrantError,
  isClientRejected,
  isGrantRevoked,
  isLoginExpired,
  isRotationLost,
  type Clock,
  type RevokedReason,
} from '@evergrant/core'
import type { GivenCredentials } from './given-credentials.ts'

/**
 * Posted credentials that the server has condemned, by their marks: nothing is stored of them, and whoever posts them again and
 * again would spend the login budget of all accounts (P2, P3).
 */
export interface RefusedCredentials {
  /** Throws what the server said to these, if they were refused of late. */
  check(account: string, credentials: GivenCredentials): void
  /** Notes the error if it condemns them. */
  note(credentials: GivenCredentials, error: unknown): void
}

/** Ms for which they are remembered. Whoever knows better stores them untried. */
const REMEMBERED = 10 * 60_000
const MOST = 1_000

export function createRefusedCredentials(issuer: string, clock: Clock): RefusedCredentials {
  const refused = new Map<string, { readonly until: number; readonly reason: RevokedReason }>()

  function markOf({ clientId, clientSecret, refreshToken }: GivenCredentials): string {
    return credentialsFingerprint(issuer, { ...(clientId ? { clientId } : {}), clientSecret, refreshToken })
  }

  return {
    check(account, credentials) {
      const known = refused.get(markOf(credentials))
      if (known === undefined || clock.monotonic() >= known.until) return
      throw new EvergrantError(known.reason, {
        message: `The server has refused these credentials a moment ago (account ${account})`,
        help: 'Post others, or these again in ten minutes.',
        details: { account },
      })
    },
    note(credentials, error) {
      const condemned =
        isGrantRevoked(error) || isClientRejected(error) || isRotationLost(error) || isLoginExpired(error)
      if (!condemned) return
      const [oldest] = refused.size >= MOST ? refused.keys() : []
      if (oldest !== undefined) refused.delete(oldest)
      refused.set(markOf(credentials), { until: clock.monotonic() + REMEMBERED, reason: error.code })
    },
  }
}
