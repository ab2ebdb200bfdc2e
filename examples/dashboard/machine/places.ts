import type { SessionState } from '@evergrant/core'

export interface Place {
  readonly x: number
  readonly y: number
}

/** Where the states stand, and how big they are, in units of the drawing. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly box: { readonly width: number; readonly height: number }
  readonly places: Readonly<Record<SessionState, Place>>
}

/** Beside each other: a token's ordinary life on top, from left to right, and trouble below. */
export const WIDE: Layout = {
  width: 600,
  height: 320,
  box: { width: 142, height: 50 },
  places: {
    unauthenticated: { x: 74, y: 34 },
    refreshing: { x: 300, y: 34 },
    valid: { x: 526, y: 34 },
    expiring: { x: 526, y: 160 },
    backoff: { x: 300, y: 160 },
    revoked: { x: 112, y: 286 },
    blocked: { x: 430, y: 286 },
  },
}

/** The same for a phone. */
export const NARROW: Layout = {
  width: 360,
  height: 372,
  box: { width: 124, height: 46 },
  places: {
    unauthenticated: { x: 66, y: 30 },
    refreshing: { x: 180, y: 118 },
    valid: { x: 294, y: 30 },
    expiring: { x: 294, y: 200 },
    backoff: { x: 84, y: 216 },
    revoked: { x: 66, y: 342 },
    blocked: { x: 250, y: 342 },
  },
}
