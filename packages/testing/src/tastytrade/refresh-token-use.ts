import { fingerprint } from '@evergrant/core'

/** How often one refresh token was sent, whatever became of it (P1, P2). */
export interface RefreshTokenUse {
  readonly sent: number
  /** In flight at this moment. */
  readonly open: number
  /** The most that were ever in flight together. */
  readonly peakOpen: number
}

export interface RefreshTokenUses {
  /** By `fingerprint(refreshToken)` of core. */
  readonly byFingerprint: ReadonlyMap<string, RefreshTokenUse>
  of(refreshToken: string): RefreshTokenUse
  /** Notes that the token has come in; call the result when its request is over. */
  arrive(refreshToken: string): () => void
  reset(): void
}

const UNUSED: RefreshTokenUse = Object.freeze({ sent: 0, open: 0, peakOpen: 0 })

export function createRefreshTokenUses(): RefreshTokenUses {
  const uses = new Map<string, RefreshTokenUse>()

  return {
    get byFingerprint() {
      return new Map([...uses].map(([token, use]) => [fingerprint(token), use]))
    },
    of: (refreshToken) => uses.get(refreshToken) ?? UNUSED,
    arrive(refreshToken) {
      const { sent, open, peakOpen } = uses.get(refreshToken) ?? UNUSED
      uses.set(refreshToken, Object.freeze({ sent: sent + 1, open: open + 1, peakOpen: Math.max(peakOpen, open + 1) }))
      return () => {
        const use = uses.get(refreshToken)
        if (use !== undefined) uses.set(refreshToken, Object.freeze({ ...use, open: use.open - 1 }))
      }
    },
    reset() {
      for (const [token, { open }] of uses) {
        if (open === 0) uses.delete(token)
        else uses.set(token, Object.freeze({ sent: 0, open, peakOpen: open }))
      }
    },
  }
}
