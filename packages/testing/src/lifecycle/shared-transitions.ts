/** What becomes of a request under way, whichever state it was sent from. */
export const answers = {
  GRANT: { target: '#valid', actions: 'take' },
  ROTATE: { target: '#valid', actions: 'takeRotated' },
  DYING_TOKEN: { target: '#failing', actions: 'failDying' },
  SERVER_ERROR: { target: '#failing', actions: 'failInDoubt' },
  GARBAGE: { target: '#failing', actions: 'failInDoubt' },
  RESET: { target: '#failing', actions: 'failInDoubt' },
  LOSE: { target: '#failing', actions: 'failInDoubt' },
  RATE_LIMIT: { target: '#failing', actions: 'failForCertain' },
  SUSPECT: { target: '#failing', actions: 'failForCertain' },
  EDGE: [
    { guard: 'oneRefusalTooMany', target: '#blocked', actions: 'blockForRefusal' },
    { target: '#failing', actions: 'strikeRefusal' },
  ],
  TIME_OUT: [
    { guard: 'oneSilenceTooMany', target: '#blocked', actions: ['loseIfClosing', 'blockForSilence'] },
    { target: '#failing', actions: ['loseIfClosing', 'strikeSilence'] },
  ],
  REVOKE: { target: '#revoked', actions: 'condemnGrant' },
  REJECT_CLIENT: { target: '#revoked', actions: 'condemnClient' },
} as const

/** Somebody wants a token of a session that has not begun. */
export const demand = [
  { guard: 'isSignedOut', actions: 'stay' },
  { guard: 'hasNoCredentials', actions: 'tellSignOut' },
  { guard: 'isStored', target: '#valid', actions: 'takeStored' },
  { target: '#asking', actions: 'look' },
] as const

/** New credentials are put to use at once, by whomever they were set. */
export const renewals = {
  NEW_CREDENTIALS: { target: '#asking', actions: 'renewCredentials' },
  SIBLING_SET_CREDENTIALS: { target: '#asking', actions: 'renewCredentials' },
} as const

/** A sibling's token is adopted from the store. */
export const adoption = { SIBLING_FETCHED: { guard: 'siblingMayFetch', target: '#valid', actions: 'take' } } as const
