import { formatMoment } from '../output/moment.ts'
import type { Finding } from './finding.ts'
import type { AccountLook } from './look-at-account.ts'
import type { Probe } from './probe-server.ts'

/** What speaks for a login, and against it. */
export interface LoginCase {
  readonly look: AccountLook | null
  readonly probe: Probe | null
  readonly findings: readonly Finding[]
  readonly now: number
}

/** `unneeded`: a token lives already. `barred`: it would be in vain, or do harm. */
export type LoginPlan =
  | { readonly type: 'unneeded'; readonly why: string }
  | { readonly type: 'barred'; readonly why: string }
  | { readonly type: 'worthwhile'; readonly look: AccountLook }

/** Whether one login may be spent. Never one that is known dead, blocked or over the budget. */
export function planLogin({ look, probe, findings, now }: LoginCase): LoginPlan {
  if (look === null) return { type: 'barred', why: 'the store cannot be used' }
  const { report, block, from } = look
  if (report.token?.usable === true) return { type: 'unneeded', why: 'the store has a token that lives' }
  const bars = (check: Finding['check']): boolean =>
    findings.some((one) => one.check === check && one.level === 'error')
  if (report.signedOut) return { type: 'barred', why: 'the account was signed out' }
  if (from === null) return { type: 'barred', why: 'there are no credentials for it' }
  if (bars('credentials')) return { type: 'barred', why: 'the credentials are not whole' }
  if (report.revoked !== null) return { type: 'barred', why: 'the server has refused these credentials before' }
  if (bars('refresh-token')) return { type: 'barred', why: 'the server is known to refuse what is no refresh token' }
  if (block !== null) return { type: 'barred', why: 'logging in has to wait' }
  if (report.retryAt !== null && report.retryAt > now) {
    return { type: 'barred', why: `after the last failure nothing is sent before ${formatMoment(report.retryAt, now)}` }
  }
  if (probe === null || probe.type !== 'answered') return { type: 'barred', why: 'the server does not answer' }
  if (probe.edge) return { type: 'barred', why: 'the login would not reach the server' }
  return { type: 'worthwhile', look }
}
