/** The promises of README, each in one line. */
export const PROMISES = {
  P1: 'One spender: for one credential at most one token request is in flight, whoever asks and wherever.',
  P2: 'Dead stays quiet: a credential that the server has condemned is never sent again, unless a person asks for it.',
  P3: 'Login budget: failed logins per issuer stay within a budget that accounts and restarts share.',
  P4: 'Blocked is quiet: while blocked no credential leaves, probes carry none, and a restart remembers it.',
  P5: 'No stale token: nobody is given a token that has expired by the clock of the server, or that was refused.',
  P6: 'Serve while you can: while a token is usable nobody waits for a refresh, nor hears that one failed.',
  P7: 'Saved before shown: a rotated refresh token is durable before its access token is handed out.',
  P8: 'Adopt before despair: before a credential is given up, the store is read again for what a sibling has fetched.',
  P9: 'Transient is never terminal: trouble on the way or at the server condemns no credential.',
  P10: 'Late 401s are harmless: refusals of one generation cause one refresh, and a request is replayed at most once.',
  P11: 'No secret leaves: not in errors, logs, snapshots, events, URLs or process arguments.',
  P12: 'Nothing hangs, nothing leaks: every wait has a bound, and nothing is left behind.',
  P13: 'Progress or silence: requests keep a distance, and what brings nothing new is asked for less and less.',
  P14: 'Sign-out wins: an answer that comes after a sign-out or a change of credentials is discarded.',
  P15: 'Time is one port: sleep, a clock that is set or wrong, and slow answers change nothing.',
  P16: 'The same seed, the same story: a run on a given clock and random source is repeatable to the event.',
} as const

export type PromiseName = keyof typeof PROMISES

export const PROMISE_NAMES = Object.keys(PROMISES) as readonly PromiseName[]

export function isPromiseName(text: string): text is PromiseName {
  return Object.hasOwn(PROMISES, text)
}

/** The promises that the name of a test begins with: `P12 P15 is pulled back` guards two. */
export function promisesAtStart(name: string): PromiseName[] {
  const named = /^(?:P\d+ )+/.exec(name)?.[0] ?? ''
  return named.split(' ').filter(isPromiseName)
}
