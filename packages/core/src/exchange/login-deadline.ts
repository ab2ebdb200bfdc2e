import { refreshTimes, reminderTime, type Policy, type RefreshTimes } from '../policy.ts'
import type { Provider, TokenResponse } from '../provider.ts'
import type { GrantRecord } from '../records/record.ts'
import type { Timeline } from '../time/timeline.ts'
import type { LoginDeadline } from './outcome.ts'

type Login = GrantRecord['login']

interface DeadlinePorts {
  readonly provider: Provider
  readonly policy: Policy
  readonly timeline: Timeline
  readonly random: () => number
}

/** The login as an answer leaves it. `sentAt` and the token's end on the session's line. */
export function renewLogin(
  { provider, timeline }: DeadlinePorts,
  login: Login,
  response: TokenResponse,
  { sentAt, expiresAt }: { readonly sentAt: number; readonly expiresAt: number },
): Login {
  const since = login?.since ?? timeline.toShared(sentAt)
  if (response.renewable === false) return { since, expiresAt: timeline.toShared(expiresAt), spent: true }
  const { refreshTokenExpiresIn: told } = response
  const { loginLifetime } = provider
  if (told !== undefined && Number.isFinite(told) && told > 0) {
    return { since, expiresAt: timeline.toShared(sentAt + told * 1_000), spent: false }
  }
  // What the server said before holds until it says otherwise.
  const end = loginLifetime === undefined ? (login?.expiresAt ?? null) : since + loginLifetime
  return { since, expiresAt: end, spent: false }
}

/** When a token is to be renewed. One that no request can renew is let live to its end. */
export function renewalTimes(
  { policy, random }: DeadlinePorts,
  login: Login,
  issuedAt: number,
  expiresAt: number,
): RefreshTimes {
  if (login?.spent === true) return { refreshAt: expiresAt, mandatoryAt: expiresAt }
  return refreshTimes(policy, issuedAt, expiresAt, random)
}

/** The deadline of a login on the session's line; `null` where none is known. */
export function loginDeadline({ policy, timeline }: DeadlinePorts, login: Login): LoginDeadline | null {
  if (login === null || login.expiresAt === null) return null
  const expiresAt = timeline.fromShared(login.expiresAt)
  return { expiresAt, remindAt: reminderTime(policy, timeline.fromShared(login.since), expiresAt) }
}
