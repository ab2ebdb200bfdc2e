/** Who makes a move. */
export type Mover = 'server' | 'network' | 'clock' | 'sibling' | 'person' | 'caller'

/** What the adversary can do, by name: who does it, and what happens. */
export const MOVES = {
  GRANT: { by: 'server', says: 'grants a token' },
  ROTATE: { by: 'server', says: 'grants a token and a new refresh token' },
  SAME_TOKEN: { by: 'server', says: 'gives the present token again' },
  DYING_TOKEN: { by: 'server', says: 'grants a token that is dead on arrival' },
  SERVER_ERROR: { by: 'server', says: 'answers 503' },
  RATE_LIMIT: { by: 'server', says: 'answers 429 with a Retry-After of 20 s' },
  EDGE: { by: 'server', says: 'has its edge answer 401 with HTML' },
  SUSPECT: { by: 'server', says: 'answers invalid_request to a healthy grant' },
  GARBAGE: { by: 'server', says: 'answers 200 with what is no JSON' },
  REVOKE: { by: 'server', says: 'answers that the grant is revoked' },
  REJECT_CLIENT: { by: 'server', says: 'answers that the client secret is wrong' },
  PROBE_ANSWERED: { by: 'server', says: 'answers a probe' },
  PROBE_SILENT: { by: 'server', says: 'lets a probe time out' },
  TIME_OUT: { by: 'network', says: 'drops every packet until the request times out' },
  RESET: { by: 'network', says: 'breaks the connection before the request is read' },
  LOSE: { by: 'network', says: 'loses the answer to a request that was carried out' },
  REFRESH_DUE: { by: 'clock', says: 'comes to the time of the next refresh' },
  RETRY_DUE: { by: 'clock', says: 'comes to the time of the next attempt' },
  PROBE_DUE: { by: 'clock', says: 'comes to the time of the next probe' },
  EXPIRY: { by: 'clock', says: 'comes to the expiry of the token' },
  MOMENT: { by: 'clock', says: 'goes on for 6 s, more than the floor between two requests' },
  SLEEP: { by: 'clock', says: 'goes on for a day while the machine sleeps' },
  OVERSLEEP: { by: 'clock', says: 'goes on to 5 s before the expiry of the token while the machine sleeps' },
  BLOCK_ENDS: { by: 'clock', says: 'goes on to the end of a block while the machine sleeps' },
  SET_BACK: { by: 'clock', says: 'has its wall time set back by two hours' },
  SET_FORWARD: { by: 'clock', says: 'has its wall time set forward by two hours' },
  SIBLING_FETCHED: { by: 'sibling', says: 'fetches a newer token' },
  SIBLING_SIGNED_OUT: { by: 'sibling', says: 'signs the account out' },
  SIBLING_SET_CREDENTIALS: { by: 'sibling', says: 'sets new credentials' },
  ASK: { by: 'person', says: 'asks for a token' },
  REFRESH: { by: 'person', says: 'asks for a new token' },
  FORCE: { by: 'person', says: 'insists on a new token' },
  NEW_CREDENTIALS: { by: 'person', says: 'sets new credentials' },
  SIGN_OUT: { by: 'person', says: 'signs out' },
  REFUSED: { by: 'caller', says: 'reports that the present token was refused' },
  LATE_401: { by: 'caller', says: 'reports that a token which is not the present one was refused' },
  ABORT: { by: 'caller', says: 'asks for a token and gives up' },
} as const satisfies Readonly<Record<string, { readonly by: Mover; readonly says: string }>>

export type Move = keyof typeof MOVES

export const MOVE_NAMES: readonly Move[] = Object.freeze(Object.keys(MOVES) as Move[])

/** What a server can make of one token request. */
const ANSWERS = [
  'GRANT',
  'ROTATE',
  'SAME_TOKEN',
  'DYING_TOKEN',
  'SERVER_ERROR',
  'RATE_LIMIT',
  'EDGE',
  'SUSPECT',
  'GARBAGE',
  'REVOKE',
  'REJECT_CLIENT',
  'RESET',
  'LOSE',
] as const satisfies readonly Move[]

export type LifecycleAnswer = (typeof ANSWERS)[number]

export function isAnswer(move: Move): move is LifecycleAnswer {
  return (ANSWERS as readonly Move[]).includes(move)
}
