import type { SessionEvent, SessionStatus, StatusReason } from '@evergrant/core'
import type { RecordedRequest, VirtualClock } from '@evergrant/testing'
import type { Bot, BotName, Round } from './bot.ts'
import type { Chronicle } from './chronicle.ts'
import type { RequestSeen, RequestTone } from './sightings.ts'
import { span } from './words.ts'

/** Tells the chronicle what the sessions, the bots and the server show of themselves. */
export interface Witness {
  /** Follows a bot until it is disposed. */
  follow(bot: Bot): Disposable
  round(name: BotName, round: Round): void
  request(request: RecordedRequest): void
}

export function createWitness(chronicle: Chronicle, clock: VirtualClock): Witness {
  const begin = clock.time - clock.monotonic()
  const failing = new Map<BotName, string>()

  function tell({ name: who, session, now }: Bot, event: SessionEvent): void {
    const at = clock.time
    switch (event.type) {
      case 'state-changed': {
        chronicle.step({ at, bot: who, from: event.from, to: event.to })
        const text = `${event.from} → ${event.to}${whyOf(event.reason, session.getSnapshot(), now())}`
        chronicle.log({ at, who, text, state: event.to })
        return
      }
      case 'refresh-ended':
        if (event.outcome === 'adopted') chronicle.log({ at, who, text: 'takes the token of the store' })
        return
      case 'token-rejected':
        chronicle.tokenEnds(who, at, 'rejected')
        return chronicle.log({ at, who, text: `the server refuses token ${event.generation} before its time` })
      case 'probed': {
        const answer = event.reachable ? 'is answered' : 'gets no answer'
        return chronicle.log({ at, who, text: `a probe without credentials ${answer}` })
      }
      case 'credentials-changed':
        return chronicle.log({ at, who, text: 'finds other credentials' })
      case 'refresh-started':
      case 'reauthentication-due':
      case 'login-budget':
      case 'exchange-step':
      case 'store-failed':
      case 'listener-failed':
    }
  }

  return {
    follow(bot) {
      const { name, session, now } = bot
      const following = session.events$.subscribe((event) => tell(bot, event))
      let before = session.getSnapshot()
      following.add(
        session.status$.subscribe((status) => {
          // Where the state changes too, that line tells of it.
          if (status.state === before.state && status.attempts > before.attempts) {
            chronicle.log({ at: clock.time, who: name, text: `no token${whyOf(status.reason, status, now())}` })
          }
          before = status
        }),
      )
      following.add(
        session.token$.subscribe((token) => {
          const at = clock.time
          const last = chronicle.sightings.tokens.findLast(({ bot, end }) => bot === name && end === null)
          if (last !== undefined) {
            const how = token === null ? (at >= last.until ? 'expired' : 'dropped') : 'refreshed'
            chronicle.tokenEnds(name, at, how)
          }
          if (token === null) return
          const { generation, expiresAt } = token
          chronicle.token({ bot: name, generation, from: at, until: at + expiresAt - now() })
        }),
      )
      return {
        [Symbol.dispose]() {
          following.unsubscribe()
          chronicle.tokenEnds(name, clock.time, 'dropped')
        },
      }
    },
    round(name, { askedAt, leftAt, sent, failure }) {
      const at = begin + clock.monotonic()
      chronicle.round({ at, bot: name, failure, waited: (leftAt ?? clock.monotonic()) - askedAt }, sent)
      // Of a row of failures only the first is worth a line.
      if (failure === (failing.get(name) ?? null)) return
      if (failure === null) {
        failing.delete(name)
        chronicle.log({ at, who: name, text: 'its requests are answered again' })
      } else {
        failing.set(name, failure)
        chronicle.log({ at, who: name, text: `a request fails: ${failure}` })
      }
    },
    request(request) {
      chronicle.request(seen(request), request.kind === 'token' && FAILED_LOGINS.has(request.outcome))
    },
  }
}

const FAILED_LOGINS: ReadonlySet<string> = new Set([
  'grant-revoked',
  'invalid-jwt',
  'token-reused',
  'client-secret-mismatch',
  'client-unknown',
])
const TONES: Readonly<Partial<Record<RecordedRequest['outcome'], RequestTone>>> = {
  granted: 'good',
  ok: 'good',
  'rate-limited': 'trouble',
  'server-error': 'trouble',
  reset: 'trouble',
  aborted: 'silent',
  'never-answered': 'silent',
  blocked: 'silent',
}

function seen({ at, kind, credential, outcome, status, fault }: RecordedRequest): RequestSeen {
  const lost = fault === 'lost-answer'
  const tone = lost ? 'trouble' : (TONES[outcome] ?? 'refused')
  const answer =
    tone === 'silent' ? 'no answer' : `${outcome.replaceAll('-', ' ')}${status === null ? '' : ` (${status})`}`
  return {
    at,
    kind: kind === 'token' ? 'token' : credential ? 'api' : 'probe',
    tone,
    what: lost ? 'granted, and the answer lost' : answer,
  }
}

/** What is to be said beside the name of a state: why, and until when. */
function whyOf(reason: StatusReason | null, status: SessionStatus, now: number): string {
  const { state, attempts, retryAt, lastFailure, expiresAt } = status
  if (state === 'valid' && expiresAt !== null) return `, good for ${span(expiresAt - now)}`
  if (state === 'expiring' && expiresAt !== null && attempts === 0) return `, ${span(expiresAt - now)} left`
  if (state === 'refreshing') return ''
  const why = reason ?? lastFailure?.status ?? lastFailure?.code
  const next =
    retryAt !== null && retryAt > now ? `; ${state === 'blocked' ? 'a probe' : 'again'} in ${span(retryAt - now)}` : ''
  return `${why === undefined ? '' : `: ${why}`}${next}`
}
