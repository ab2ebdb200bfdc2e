import { STATES } from './lifecycle-cells.ts'

/** Events that change nothing in some states, on purpose. A test fails for a pair that is missing here, and for one too many. */
export interface Decision {
  /** Title of a table in docs/lifecycle.md. */
  readonly group: string
  /** Columns of that table. */
  readonly kinds: readonly string[]
  readonly states: readonly string[]
  readonly why: string
}

const allBut = (...states: string[]) => STATES.filter((state) => !states.includes(state))

export const IGNORED: readonly Decision[] = [
  {
    group: 'A look at the store (`CONSULTED`)',
    kinds: [
      'a good token',
      'a request is due',
      'known dead',
      'known blocked',
      'put off',
      'no credentials',
      'a refused token',
    ],
    states: allBut('unauthenticated'),
    why: 'The session has moved on while the store was looked at, and knows more than the look does.',
  },
  {
    group: 'Changes around the session',
    kinds: ['`ADOPTED`, no newer'],
    states: ['valid', 'expiring.requesting', 'expiring.waiting'],
    why: 'It is the token in hand, or an older one.',
  },
  {
    group: 'Changes around the session',
    kinds: ['`ADOPTED`, no newer'],
    states: ['blocked.resting', 'blocked.probing', 'revoked'],
    why: 'It is the last token, and no proof that the server takes the credential again.',
  },
  {
    group: 'Changes around the session',
    kinds: ['`UNBLOCKED`'],
    states: allBut('blocked.resting', 'blocked.probing'),
    why: 'There is no block to lift.',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REFRESH`, forced', '`REFRESH`'],
    states: ['unauthenticated'],
    why: 'The session looks at the store first, and sends what it finds as `CONSULTED`.',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REFRESH`, forced', '`REFRESH`'],
    states: ['refreshing', 'expiring.requesting'],
    why: 'A request is under way, and whoever asks gets its result (P1).',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REFRESH`'],
    states: ['expiring.waiting', 'backoff'],
    why: 'The wait stands for everybody; only a person may cut it short (P13).',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REFRESH`, forced', '`REFRESH`'],
    states: ['blocked.resting', 'blocked.probing'],
    why: 'The block is on the address or the issuer, and a wish does not lift it (P4).',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REFRESH`'],
    states: ['revoked'],
    why: 'What is dead stays quiet until a person insists (P2).',
  },
  {
    group: 'Wishes and refusals',
    kinds: ['`REJECTED`, not the present one'],
    states: STATES,
    why: 'The refusal is late: that token is served no longer (P10).',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['nothing due'],
    states: STATES,
    why: 'Nothing is due here, or not yet.',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['retry or probe due'],
    states: ['unauthenticated'],
    why: 'Nothing is fetched before somebody asks.',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['retry or probe due'],
    states: ['refreshing', 'expiring.requesting'],
    why: 'This is the retry: its request is under way.',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['block over', 'retry or probe due'],
    states: ['blocked.probing'],
    why: 'A probe is under way, and its end decides.',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['refresh due'],
    states: ['expiring.requesting', 'expiring.waiting'],
    why: 'The refresh has begun; from here on its retries have times of their own.',
  },
  {
    group: 'Time (`TIME`)',
    kinds: ['refresh due'],
    states: ['blocked.resting', 'blocked.probing', 'revoked'],
    why: 'No credential may be sent here: the token is served until it dies.',
  },
  {
    group: 'The end of an exchange',
    kinds: [
      'fault',
      'token, no newer',
      'token',
      'condemned',
      'blocked',
      'put off',
      'no credentials',
      'a refused token',
    ],
    states: allBut('refreshing', 'expiring.requesting'),
    why: 'None runs here. One that was left behind goes on unheard; what it saves is adopted like that of a sibling.',
  },
  {
    group: 'The end of a probe',
    kinds: ['fault', 'answered', 'silence'],
    states: allBut('blocked.probing'),
    why: 'None runs here: a probe ends with its state.',
  },
]
