import { useStatus, useToken } from '@evergrant/adapters/react'
import type { SessionState, SessionStatus } from '@evergrant/core'
import type { BotName } from '../world/bot.ts'
import type { ShownBot } from '../world/lab.ts'
import { span } from '../world/words.ts'

const MEANING: Readonly<Record<SessionState, string>> = {
  unauthenticated: 'No token, and nobody asks for one.',
  refreshing: 'No token yet: one request is on its way.',
  valid: 'A token is in hand, and nobody waits.',
  expiring: 'The token serves on while the next one is fetched.',
  backoff: 'No token: the next attempt waits for its time.',
  blocked: 'No answers any more: only probes leave.',
  revoked: 'The credentials are condemned, and not sent again.',
}

/** How one bot stands, in words. */
export function BotState({ bot: { name, session }, now }: ShownBot) {
  const status = useStatus(session)
  const token = useToken(session)
  const { state } = status
  return (
    <article className="bot" data-state={state} aria-label={`Bot ${name}`}>
      <div role="status">
        <h2>
          Bot {name} is <strong>{state}</strong>
          {status.reason !== null && <span className="reason"> {status.reason}</span>}
        </h2>
      </div>
      <p className="meaning">{MEANING[state]}</p>
      <p className="figures">
        {token === null ? 'no token' : `token ${token.generation}, ${left(status.expiresAt ?? now, now)} left`}
        {whatIsNext(status, now)}
      </p>
    </article>
  )
}

/** In the place of a bot that was killed. */
export function NoBot({ name }: { readonly name: BotName }) {
  return (
    <article className="bot" data-state="dead" aria-label={`Bot ${name}`}>
      <div role="status">
        <h2>
          Bot {name} is <strong>dead</strong>
        </h2>
      </div>
      <p className="meaning">Killed at one instruction. What it knew is in the store.</p>
    </article>
  )
}

function whatIsNext({ refreshAt, retryAt, state }: SessionStatus, now: number): string {
  if (state === 'valid' && refreshAt !== null) return ` · renewed in ${left(refreshAt, now)}`
  if (retryAt === null || retryAt <= now) return ''
  return ` · next ${state === 'blocked' ? 'probe' : 'attempt'} in ${left(retryAt, now)}`
}

function left(until: number, now: number): string {
  return span(Math.max(0, until - now))
}
