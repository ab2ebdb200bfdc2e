import type { AccountReport, FailureSummary, SessionStatus } from '@evergrant/core'
import { isoTime } from './json-answer.ts'

/** How an account that is awake stands. */
export function statusView(account: string, status: SessionStatus): object {
  return {
    account,
    state: status.state,
    awake: true,
    usable: status.usable,
    generation: status.generation,
    reason: status.reason,
    issued_at: isoTime(status.issuedAt),
    expires_at: isoTime(status.expiresAt),
    refresh_at: isoTime(status.refreshAt),
    retry_at: isoTime(status.retryAt),
    login_expires_at: isoTime(status.loginExpiresAt),
    last_failure: failureView(status.lastFailure),
  }
}

/** How one that sleeps stands, from what the store knows. */
export function reportView(report: AccountReport): object {
  const { token, block } = report
  return {
    account: report.account,
    state: report.state,
    awake: false,
    usable: token?.usable ?? false,
    generation: token?.generation ?? 0,
    reason: report.revoked ?? block?.reason ?? null,
    issued_at: isoTime(token?.issuedAt ?? null),
    expires_at: isoTime(token?.expiresAt ?? null),
    refresh_at: isoTime(report.refreshAt),
    retry_at: isoTime(report.retryAt),
    login_expires_at: isoTime(report.loginExpiresAt),
    last_failure: null,
  }
}

function failureView(failure: FailureSummary | null): object | null {
  if (failure === null) return null
  const { code, message, help, at } = failure
  return { code, message, help, at: isoTime(at) }
}
