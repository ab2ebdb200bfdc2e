import type { AccountReport } from '@evergrant/core'
import { columns } from './columns.ts'
import { formatDuration } from './duration.ts'
import { formatMoment } from './moment.ts'
import type { Ink, Paint } from './paint.ts'
import { printable } from './printable.ts'

/** How an account stands, in words. */
export interface Standing {
  readonly words: string
  readonly ink: Ink
  /** What a person can do about it; `null` if nothing is to be done. */
  readonly next: string | null
}

const LOG_IN = 'evergrant login'

export function standingOf(report: AccountReport): Standing {
  const { state, signedOut, credentials, token, revoked, block } = report
  if (signedOut) return { words: 'signed out', ink: 'yellow', next: LOG_IN }
  if (state === 'revoked') return { words: `revoked: ${revoked}`, ink: 'red', next: `make a new grant, then ${LOG_IN}` }
  if (state === 'blocked')
    return { words: `blocked: ${block?.reason}`, ink: 'red', next: 'wait, and log in nowhere else' }
  if (state === 'unauthenticated' && !credentials) return { words: 'not logged in', ink: 'yellow', next: LOG_IN }
  if (state === 'unauthenticated') {
    const words = token === null ? 'ready: no token yet' : 'ready: the last token is over'
    return { words: `${words}, the next is fetched when it is asked for`, ink: 'green', next: null }
  }
  return { words: state, ink: state === 'backoff' ? 'yellow' : 'green', next: null }
}

/** A report as lines for people. */
export function reportView(report: AccountReport, now: number, paint: Paint): string {
  const { account, environment, issuer, state, token, refreshAt, retryAt, loginExpiresAt, block, budget } = report
  const standing = standingOf(report)
  const moment = (at: number): string => formatMoment(at, now)
  const rows: [name: string, text: string][] = [
    ['account', `${printable(account)} at ${environment ?? 'server'}, ${issuer}`],
    ['state', paint(standing.ink, standing.words)],
  ]
  if (token !== null) {
    const life = token.usable
      ? `expires ${moment(token.expiresAt)}`
      : token.expiresAt > now
        ? 'refused by the server'
        : `over since ${moment(token.expiresAt)}`
    const scope = token.scope === null ? '' : `, scope ${printable(token.scope)}`
    rows.push(['token', `generation ${token.generation}, ${life}${scope}`])
  }
  if (refreshAt !== null) rows.push(['refresh', `due ${moment(refreshAt)}, by whoever keeps the token`])
  // With a token in hand, that nothing is sent for a while is no news.
  if (state === 'backoff' && retryAt !== null) rows.push(['retry', moment(retryAt)])
  if (loginExpiresAt !== null) rows.push(['login', `ends ${moment(loginExpiresAt)}`])
  if (block !== null) rows.push(['block', `until ${moment(block.until)}, looked at again ${moment(block.nextProbeAt)}`])
  const free = budget.freeAt === null ? '' : `, more ${moment(budget.freeAt)}`
  rows.push([
    'budget',
    `${budget.left} of ${budget.limit} failed logins left in ${formatDuration(budget.window)}${free}`,
  ])
  if (standing.next !== null) rows.push(['next', standing.next])
  return columns(rows.map(([name, text]) => [paint('dim', name), text]))
}
