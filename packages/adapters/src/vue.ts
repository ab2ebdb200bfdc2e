import { invalidOptions, type AccessToken, type SessionStatus } from '@evergrant/core'
import {
  computed,
  getCurrentInstance,
  getCurrentScope,
  onMounted,
  onScopeDispose,
  shallowReadonly,
  shallowRef,
  type Ref,
} from 'vue'
import { statusOnServer, type ObservedSession, type SelectStatus } from './ui/observed-session.ts'
import { presentToken } from './ui/present-token.ts'

export type { ObservedSession, SelectStatus } from './ui/observed-session.ts'

/**
 * The status of a session as a read-only ref, or what `select` picks of it; follows the session until the component, or
 * the effect scope, ends. A server renders `unauthenticated` and follows nothing. Throws `invalid-options` where there
 * is neither component nor scope, since nobody would ever end it there.
 */
export function useStatus(session: ObservedSession): Readonly<Ref<SessionStatus>>
export function useStatus<T>(session: ObservedSession, select: SelectStatus<T>): Readonly<Ref<T>>
export function useStatus<T>(session: ObservedSession, select?: SelectStatus<T>): Readonly<Ref<T | SessionStatus>> {
  const status = follow(session.getSnapshot, session.subscribe, statusOnServer)
  return select === undefined ? status : computed(() => select(status.value))
}

/** The present access token as a read-only ref; `null` while there is none, and on a server. */
export function useToken(session: Pick<ObservedSession, 'token$'>): Readonly<Ref<AccessToken | null>> {
  const { read, subscribe } = presentToken(session)
  return follow(read, subscribe, null)
}

/** Shallow: Vue would wrap what a status and a token contain, and a secret handle is none when wrapped. */
function follow<T>(read: () => T, subscribe: (changed: () => void) => () => void, onServer: T): Readonly<Ref<T>> {
  if (getCurrentScope() === undefined) {
    throw invalidOptions('session', 'cannot be followed here', 'Call it in setup(), or within an effectScope().')
  }
  const inDocument = typeof document !== 'undefined'
  const present = shallowRef(inDocument ? read() : onServer)
  let stop: (() => void) | undefined

  function start(): void {
    const update = () => (present.value = read())
    stop = subscribe(update)
    update()
  }

  // A server never mounts, nor ends what it has set up.
  if (getCurrentInstance() === null) start()
  else onMounted(start)
  onScopeDispose(() => stop?.())
  return shallowReadonly(present)
}
