import { computed, inject, PLATFORM_ID, signal, type Injector, type Signal } from '@angular/core'
import { toSignal } from '@angular/core/rxjs-interop'
import type { AccessToken, SessionStatus } from '@evergrant/core'
import type { Observable } from 'rxjs'
import { statusOnServer, type IsSame, type ObservedSession, type SelectStatus } from './ui/observed-session.ts'

export type { IsSame, ObservedSession, SelectStatus } from './ui/observed-session.ts'

export interface FollowOptions {
  /** Whose end ends the subscription. Default: that of the present injection context. */
  readonly injector?: Injector
}

export interface SelectOptions<T> extends FollowOptions {
  /** Default `Object.is`. */
  readonly isSame?: IsSame<T>
}

/**
 * The status of a session as a signal, or what `select` picks of it; follows the session until the injector is
 * destroyed. Call it in an injection context, or pass an injector. A server renders `unauthenticated` and follows nothing.
 */
export function injectStatus(session: ObservedSession, options?: FollowOptions): Signal<SessionStatus>
export function injectStatus<T>(
  session: ObservedSession,
  select: SelectStatus<T>,
  options?: SelectOptions<T>,
): Signal<T>
export function injectStatus<T>(
  session: ObservedSession,
  first: SelectStatus<T> | FollowOptions = {},
  second: SelectOptions<T> = {},
): Signal<T | SessionStatus> {
  const select = typeof first === 'function' ? first : null
  const options = typeof first === 'function' ? second : first
  const status = follow(session.status$, statusOnServer, options)
  if (select === null) return status
  return computed(() => select(status()), { equal: second.isSame ?? Object.is })
}

/** The present access token as a signal; `null` while there is none, and on a server. */
export function injectToken(
  session: Pick<ObservedSession, 'token$'>,
  options: FollowOptions = {},
): Signal<AccessToken | null> {
  return follow(session.token$, null, options)
}

function follow<T>(source$: Observable<T>, onServer: T, { injector }: FollowOptions): Signal<T> {
  const platform = injector === undefined ? inject(PLATFORM_ID, { optional: true }) : injector.get(PLATFORM_ID, null)
  // As `isPlatformServer()` of @angular/common, which would be one more peer.
  if ((platform as unknown) === 'server') return signal(onServer).asReadonly()
  return toSignal(source$, { requireSync: true, ...(injector === undefined ? {} : { injector }) })
}
