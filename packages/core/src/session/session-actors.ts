import { createActor, fromPromise, type ActorRefFrom } from 'xstate'
import type { ProbeOutput } from '../exchange/probe.ts'
import type { ExchangeInput, ExchangeOutput } from '../machine/events.ts'
import { lifecycleMachine } from '../machine/machine.ts'

/** What a session does when its machine asks. */
export interface SessionWork {
  exchange(input: ExchangeInput): Promise<ExchangeOutput>
  probe(signal: AbortSignal): Promise<ProbeOutput>
}

export type LifecycleActor = ActorRefFrom<typeof lifecycleMachine>

/**
 * Which session an actor works for. The machine is provided once for all sessions, since a copy of it costs tens of
 * kilobytes and functions have no place in its context; the actor system is what tells one session from another.
 */
const works = /* @__PURE__ */ new WeakMap<object, SessionWork>()

function workOf(system: object): SessionWork {
  const work = works.get(system)
  if (work === undefined) throw new Error('The machine of a session was started without its session')
  return work
}

type SessionMachine = typeof lifecycleMachine
let provided: SessionMachine | undefined

function sessionMachine(): SessionMachine {
  provided ??= lifecycleMachine.provide({
    actors: {
      exchange: fromPromise<ExchangeOutput, ExchangeInput>(({ input, system }) => workOf(system).exchange(input)),
      probe: fromPromise<ProbeOutput>(({ signal, system }) => workOf(system).probe(signal)),
    },
  })
  return provided
}

/** The running machine of one session. */
export function createLifecycle(work: SessionWork): LifecycleActor {
  const actor = createActor(sessionMachine())
  works.set(actor.system, work)
  return actor
}
