import type { AccessToken, Clock, TokenSession } from '@evergrant/core'

export interface PresentTokenOptions {
  /** Ms that the token must still live. Default: {@link USEFUL_TTL}, if such a token can be had. */
  readonly minTtl?: number | undefined
  /** Ms to wait at most. Default 30,000. */
  readonly maxWait?: number | undefined
  readonly signal: AbortSignal
}

/** A token with less left than this dies in the hands of whoever asked for it. In ms. */
const USEFUL_TTL = 30_000

/** A token to hand out: the present one, or a new one if that has too little left. Rejects as `getToken()` does. */
export async function presentToken(
  session: TokenSession,
  { minTtl, maxWait, signal }: PresentTokenOptions,
  clock: Clock,
): Promise<AccessToken> {
  const bounds = { signal, ...(maxWait === undefined ? {} : { maxWait }) }
  const present = await session.getToken(bounds)
  const left = present.expiresAt - clock.now()
  if (left >= (minTtl ?? USEFUL_TTL)) return present
  if (minTtl !== undefined) return session.getToken({ ...bounds, minTtl })
  try {
    return await session.getToken({ ...bounds, maxWait: Math.min(maxWait ?? left, left / 2), minTtl: USEFUL_TTL })
  } catch (error) {
    // Nobody asked for so much: a token that lives is better than none (P6).
    const living = signal.aborted ? null : session.peekToken()
    if (living === null) throw error
    return living
  }
}
