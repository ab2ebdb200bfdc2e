import { lifecycleMachine, type SessionEvent, type SessionStatus, type TokenSession } from '@evergrant/core'
import type { createInspector } from '@statelyai/inspect'
import { createActor } from 'xstate'

/** An inspector of `@statelyai/inspect`, e.g. what `createBrowserInspector()` gives. */
export type Inspector = Pick<ReturnType<typeof createInspector>, 'actor' | 'event' | 'snapshot'>

type InspectedSession = Pick<TokenSession, 'account' | 'getSnapshot' | 'status$' | 'events$'>

/**
 * Shows a session in the Stately inspector: the machine, its state, and what happens, without tokens and credentials.
 * XState's own inspection is not passed on, since its snapshots carry all that a machine knows. Dispose the result to
 * stop.
 */
export function inspectSession(session: InspectedSession, inspector: Inspector): Disposable {
  // Never started: the inspector draws its machine, and it knows no token.
  const actor = createActor(lifecycleMachine)
  const shown = ({ state, ...status }: SessionStatus) => ({
    value: state,
    context: { account: session.account, ...status },
  })
  inspector.actor(actor, { status: 'active', ...shown(session.getSnapshot()) })

  const subscriptions = session.events$.subscribe((event) => inspector.event(actor, withoutStrangers(event)))
  subscriptions.add(
    session.status$.subscribe({
      next: (status) => inspector.snapshot(actor, { status: 'active', ...shown(status) }),
      complete: () => inspector.snapshot(actor, { status: 'done', ...shown(session.getSnapshot()) }),
    }),
  )
  return { [Symbol.dispose]: () => subscriptions.unsubscribe() }
}

/** What a listener threw is of a stranger, and may quote anything. */
function withoutStrangers(event: SessionEvent): { readonly type: string; readonly at: number } {
  if (event.type !== 'listener-failed') return event
  const { type, at } = event
  return { type, at }
}
