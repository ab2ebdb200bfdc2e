import type { SessionState } from '@evergrant/core'
import type { Counters, Deed, LogLine, RequestSeen, Step, TokenEnd, TokenLife, Trouble } from './sightings.ts'

/** Everything that was seen and is still to be shown. Immutable. */
export interface Sightings {
  readonly tokens: readonly TokenLife[]
  readonly requests: readonly RequestSeen[]
  readonly troubles: readonly Trouble[]
  readonly deeds: readonly Deed[]
  /** The newest last. */
  readonly steps: readonly Step[]
  /** The newest first. */
  readonly log: readonly LogLine[]
  readonly counters: Counters
}

/** Writes down what happens in the lab, and forgets what is too old to be shown. */
export interface Chronicle {
  readonly sightings: Sightings
  token(token: Omit<TokenLife, 'end'>): void
  /** The bot uses its present token no longer. */
  tokenEnds(bot: TokenLife['bot'], at: number, how: TokenEnd): void
  request(request: RequestSeen, failedLogin: boolean): void
  /** A round of a bot is over. */
  round(trouble: Trouble, sent: number): void
  deed(deed: Deed): void
  step(step: Omit<Step, 'id'>): void
  log(line: Omit<LogLine, 'id' | 'state'> & { readonly state?: SessionState }): void
  /** Forgets what was before. */
  forget(before: number): void
}

const LONGEST_LOG = 120
const LONGEST_PATH = 8

const NOTHING: Counters = {
  tokenRequests: 0,
  failedLogins: 0,
  requests: 0,
  failures: 0,
  waits: 0,
  replays: 0,
  probes: 0,
  granted: 0,
}

export function createChronicle(): Chronicle {
  let ids = 0
  let seen: Sightings = {
    tokens: [],
    requests: [],
    troubles: [],
    deeds: [],
    steps: [],
    log: [],
    counters: NOTHING,
  }

  function change(changes: Partial<Sightings>): void {
    seen = { ...seen, ...changes }
  }

  function count(name: keyof Counters, by = 1): void {
    change({ counters: { ...seen.counters, [name]: seen.counters[name] + by } })
  }

  return {
    get sightings() {
      return seen
    },
    token(token) {
      change({ tokens: [...seen.tokens, { ...token, end: null }] })
    },
    tokenEnds(bot, at, how) {
      change({
        tokens: seen.tokens.map((token) =>
          token.bot === bot && token.end === null ? { ...token, end: { at, how } } : token,
        ),
      })
    },
    request(request, failedLogin) {
      change({ requests: [...seen.requests, request] })
      if (request.kind === 'token') count('tokenRequests')
      if (request.kind === 'token' && request.tone === 'good') count('granted')
      if (request.kind === 'probe') count('probes')
      if (failedLogin) count('failedLogins')
    },
    round(trouble, sent) {
      count('requests')
      if (sent > 1) count('replays', sent - 1)
      if (trouble.waited > 0) count('waits')
      if (trouble.failure !== null) count('failures')
      if (trouble.waited > 0 || trouble.failure !== null) change({ troubles: [...seen.troubles, trouble] })
    },
    deed: (deed) => change({ deeds: [...seen.deeds, deed] }),
    step(step) {
      ids += 1
      change({ steps: [...seen.steps, { ...step, id: ids }].slice(-LONGEST_PATH) })
    },
    log({ state = null, ...line }) {
      ids += 1
      change({ log: [{ ...line, state, id: ids }, ...seen.log].slice(0, LONGEST_LOG) })
    },
    forget(before) {
      const { tokens, requests, troubles, deeds } = seen
      const old = [requests, troubles, deeds].some(([first]) => first !== undefined && first.at < before)
      if (!old) return
      change({
        tokens: tokens.filter(({ until, end }) => (end?.at ?? until) >= before || end === null),
        requests: requests.filter(({ at }) => at >= before),
        troubles: troubles.filter(({ at }) => at >= before),
        deeds: deeds.filter(({ at }) => at >= before),
      })
    },
  }
}
