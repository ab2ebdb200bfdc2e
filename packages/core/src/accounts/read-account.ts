import { adoptable, consult } from '../exchange/consult.ts'
import { loginDeadline } from '../exchange/login-deadline.ts'
import type { Outcome } from '../exchange/outcome.ts'
import { look, type View } from '../exchange/view.ts'
import type { SessionState } from '../machine/session-status.ts'
import { budgetOf, type LoginBudget } from '../records/ledger.ts'
import { checkOptions, type SessionOptions } from '../session/session-options.ts'
import { createTimeline } from '../time/timeline.ts'
import type { BlockReason, RevokedReason } from '../verdict.ts'

/** What {@link readAccount} needs: the same as the session whose account it is. */
export type ReadAccountOptions = Pick<
  SessionOptions,
  'provider' | 'credentials' | 'store' | 'account' | 'policy' | 'clock'
>

/** What a store knows of an account, without secrets. Times in epoch ms by this machine's clock; `null`: there is none. */
export interface AccountReport {
  readonly account: string
  readonly issuer: string
  readonly environment: string | null
  /** As a session would stand that began now; `unauthenticated` also where a request would be needed and is allowed. */
  readonly state: SessionState
  /** Whether there are any, in a source or in the store. */
  readonly credentials: boolean
  readonly signedOut: boolean
  /** The last token; one that is not `usable` has died or was refused. */
  readonly token: {
    readonly generation: number
    readonly issuedAt: number
    readonly expiresAt: number
    readonly scope: string | null
    readonly usable: boolean
  } | null
  /** About when a session renews the token: up to a tenth of the lead earlier, at random. */
  readonly refreshAt: number | null
  /** Nothing is sent before this time. */
  readonly retryAt: number | null
  /** Why these credentials are not sent any more. */
  readonly revoked: RevokedReason | null
  /** When a person has to log in again, as far as the server says. */
  readonly loginExpiresAt: number | null
  readonly block: { readonly reason: BlockReason; readonly until: number; readonly nextProbeAt: number } | null
  /** Of the issuer, over all its accounts in this store. */
  readonly budget: LoginBudget
}

/**
 * Says how an account stands, from the store and the credential sources alone: nothing is sent, and no lease is taken.
 * Rejects with `invalid-options`, with what the store says (`store-corrupt`, `record-corrupt`, …), or with
 * `credentials-unreadable`.
 */
export async function readAccount(options: ReadAccountOptions): Promise<AccountReport> {
  const { provider, sources, store, account, policy, clock } = checkOptions(options)
  const timeline = createTimeline(clock)
  const ports = {
    provider,
    store,
    account,
    policy,
    timeline,
    random: () => 0,
    sources,
    readSource: () => sources.read(),
    onEpoch: () => undefined,
  }
  const view = await look(ports)
  const record = view.grant.value
  const served = record.signedOut ? null : adoptable(ports, record, { have: 0, rejected: 0 })
  const request = {
    have: record.generation,
    rejected: 0,
    force: false,
    halfOpen: false,
    attempts: 0,
    mandatoryAt: null,
  }
  const next = consult(ports, view, request)
  // A login that is good for one token is over only when that is.
  const revoked = next.type === 'rejected' && !(record.login?.spent === true && served !== null) ? next.reason : null
  const budget = budgetOf(policy, view.ledger, timeline.toShared(timeline.now()))
  return {
    account,
    issuer: provider.issuer,
    environment: provider.environment ?? null,
    state: stateFrom(next, revoked, served, timeline.now()),
    credentials: view.credentials !== null,
    signedOut: record.signedOut,
    token: tokenOf(view, served !== null, (time) => timeline.fromShared(time)),
    refreshAt: served?.refreshAt ?? null,
    retryAt: 'retryAt' in next ? next.retryAt : null,
    revoked,
    loginExpiresAt: loginDeadline(ports, record.login)?.expiresAt ?? null,
    block: next.type === 'blocked' ? { reason: next.reason, until: next.until, nextProbeAt: next.retryAt } : null,
    budget: { ...budget, freeAt: budget.freeAt === null ? null : timeline.fromShared(budget.freeAt) },
  }
}

function stateFrom(
  next: Outcome,
  revoked: RevokedReason | null,
  served: { readonly refreshAt: number } | null,
  now: number,
): SessionState {
  if (revoked !== null) return 'revoked'
  if (next.type === 'blocked') return 'blocked'
  if (served !== null) return now < served.refreshAt ? 'valid' : 'expiring'
  return next.type === 'deferred' ? 'backoff' : 'unauthenticated'
}

function tokenOf(view: View, usable: boolean, local: (time: number) => number): AccountReport['token'] {
  const { token, generation } = view.grant.value
  if (token === null) return null
  const { scope } = token
  return { generation, issuedAt: local(token.issuedAt), expiresAt: local(token.expiresAt), scope, usable }
}
