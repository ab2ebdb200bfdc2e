import { isEvergrantError, type SessionStatus, type StatusReason } from '@evergrant/core'
import type { BotEvent } from './bot.ts'

/** An event as a person reads it: what it is about, what there is to say, and what to do, if anything. */
export interface Words {
  /** `valid → expiring`, or one state, or `bot`. */
  readonly label: string
  readonly text: string
  readonly help?: string
}

/** Prints an event with its time. */
export function printEvent(event: BotEvent): void {
  const words = describe(event)
  if (words === null) return
  console.log(`${timeOfDay(Date.now())}  ${words.label.padEnd(LABEL_WIDTH)}  ${words.text}`)
  if (words.help !== undefined) console.log(`${' '.repeat(LABEL_WIDTH + 14)}${words.help}`)
}

export const LABEL_WIDTH = 'unauthenticated → refreshing'.length

/** `14:03:07.4` */
export function timeOfDay(epochMs: number): string {
  const date = new Date(epochMs)
  return `${date.toTimeString().slice(0, 8)}.${Math.floor(date.getMilliseconds() / 100)}`
}

/** `null` for a change that nobody needs to hear of. */
export function describe(event: BotEvent): Words | null {
  switch (event.type) {
    case 'status': {
      const { before, after } = event
      const text = why(before, after)
      const label = before.state === after.state ? after.state : `${before.state} → ${after.state}`
      return text === null ? null : { label, text }
    }
    case 'failing': {
      const { error } = event
      const text = error instanceof Error ? error.message : String(error)
      return { label: 'bot', text, ...(isEvergrantError(error) ? { help: error.help } : {}) }
    }
    case 'answered':
      return { label: 'bot', text: `answered again, after ${event.failedRounds} rounds that failed` }
  }
}

const REACHED = 'the server can be reached again: one careful try'

function why(before: SessionStatus, after: SessionStatus): string | null {
  return before.state === after.state ? whyWithin(before, after) : whyInto(before, after)
}

/** Why a session has come into a state. */
function whyInto(before: SessionStatus, after: SessionStatus): string {
  switch (after.state) {
    case 'unauthenticated':
      return failure(after)
    case 'refreshing':
      return whyRefreshing(before)
    case 'valid': {
      const found = before.state === 'unauthenticated' ? ' was in the store' : ''
      return `token ${after.generation}${found}, good for ${until(after.expiresAt)}`
    }
    case 'expiring':
      if (before.state === 'blocked') return REACHED
      return `${until(after.expiresAt)} left: token ${after.generation} is renewed, and serves on meanwhile`
    case 'backoff':
      return `${failure(after)}: no token left, next try ${soon(after.retryAt)}`
    case 'blocked':
      return `${failure(after)}: silent, but for a probe ${soon(after.retryAt)}`
    case 'revoked':
      return `${failure(after)}: silent until new credentials come`
  }
}

function whyRefreshing(before: SessionStatus): string {
  switch (before.state) {
    case 'unauthenticated':
      return 'a token is wanted, and there is none'
    case 'backoff':
      return 'the wait is over: trying again'
    case 'blocked':
      return REACHED
    case 'revoked':
      return 'there are new credentials: trying them'
    case 'valid':
    case 'expiring':
    case 'refreshing':
      return before.expiresAt !== null && before.expiresAt <= Date.now()
        ? `token ${before.generation} has died: the next one is on its way`
        : `token ${before.generation} is refused before its time: fetching another`
  }
}

/** What has happened while a session stayed where it is. */
function whyWithin(before: SessionStatus, after: SessionStatus): string | null {
  if (after.state === 'expiring' && after.attempts > before.attempts) {
    return `${failure(after)}: next try ${soon(after.retryAt)}, token ${after.generation} serves`
  }
  if (after.state === 'blocked' && after.retryAt !== before.retryAt) {
    return `a probe got no answer; the next ${soon(after.retryAt)}`
  }
  return before.usable && !after.usable ? `token ${before.generation} is of no more use, and there is no other` : null
}

const REASONS: Readonly<Partial<Record<StatusReason, string>>> = {
  'grant-revoked': 'the grant is revoked',
  'client-rejected': 'the server does not accept the client secret',
  'rotation-lost': 'a refresh token was lost on its way',
  'ip-block-suspected': 'no answers any more',
  'edge-refused': 'something in front of the server refuses the bot',
  'login-budget-spent': 'too many failed logins of late',
  'credentials-changed': 'other credentials have come',
  'signed-out': 'signed out',
  floor: 'it is too soon for the next request',
  cooldown: 'it is too soon for the next request',
  crowded: 'others are logging in',
}

function failure({ reason, lastFailure }: SessionStatus): string {
  const words = reason === null ? undefined : REASONS[reason]
  return words ?? (lastFailure === null ? 'no answer yet' : plainly(lastFailure))
}

function plainly({ status, message }: NonNullable<SessionStatus['lastFailure']>): string {
  if (status === 429) return 'asked to wait (429)'
  if (status !== undefined && status >= 500) return `server trouble (${status})`
  return message.endsWith('timeout') ? 'no answer in time' : message
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The time until then: `2.0 s`, `14 min`, `7.9 h`. */
export function until(epochMs: number | null): string {
  if (epochMs === null) return 'a while'
  const left = Math.max(0, epochMs - Date.now())
  if (left >= 2 * HOUR) return `${(left / HOUR).toFixed(1)} h`
  return left >= 2 * MINUTE ? `${Math.round(left / MINUTE)} min` : `${(left / 1000).toFixed(1)} s`
}

function soon(epochMs: number | null): string {
  return epochMs !== null && epochMs - Date.now() < 50 ? 'at once' : `in ${until(epochMs)}`
}
