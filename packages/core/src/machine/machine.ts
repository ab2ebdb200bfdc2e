import { assign, fromPromise, setup } from 'xstate'
import type { ProbeOutput } from '../exchange/probe.ts'
import { initialContext, type LifecycleContext } from './context.ts'
import type { ExchangeInput, ExchangeOutput, LifecycleEvent } from './events.ts'
import * as guards from './guards.ts'
import * as updates from './updates.ts'

const notProvided = (name: string) => () => Promise.reject(new Error(`Provide the actor ${name}`))

/**
 * The life of an access token, as in docs/lifecycle.md. Pure: the store and the server come in through two actors,
 * which a session provides, and time as the event `TIME`, when `nextDue` says; as it stands here the machine can be
 * drawn, explored and tested.
 *
 * A token request outlives the state that began it: `refreshing` and `expiring` join the one in flight, since a rotated
 * refresh token must be saved even if the old access token dies meanwhile.
 */
export const lifecycleMachine = setup({
  types: {
    context: {} as LifecycleContext,
    events: {} as LifecycleEvent,
  },
  actors: {
    exchange: fromPromise<ExchangeOutput, ExchangeInput>(notProvided('exchange')),
    probe: fromPromise<ProbeOutput>(notProvided('probe')),
  },
  guards,
  actions: {
    takeToken: assign(updates.takeToken),
    adopt: assign(updates.adopt),
    takeFailure: assign(updates.takeFailure),
    takeFault: assign(updates.takeFault),
    takeProbe: assign(updates.takeProbe),
    takeProbeFault: assign(updates.takeProbeFault),
    takeForce: assign(updates.takeForce),
    want: assign(updates.want),
    halfOpen: assign(updates.halfOpen),
    unblock: assign(updates.unblock),
    comeOfAge: assign(updates.comeOfAge),
    dropToken: assign(updates.dropToken),
    dropDeadToken: assign(updates.dropDeadToken),
    reject: assign(updates.reject),
    rejectWhileWaiting: assign(updates.rejectWhileWaiting),
    renewCredentials: assign(updates.renewCredentials),
    renewCredentialsWhileBlocked: assign(updates.renewCredentialsWhileBlocked),
    signOut: assign(updates.signOut),
  },
}).createMachine({
  id: 'lifecycle',
  context: initialContext,
  initial: 'unauthenticated',
  on: {
    SIGN_OUT: { target: '.unauthenticated', actions: 'signOut' },
  },
  states: {
    unauthenticated: {
      on: {
        CONSULTED: [
          { guard: 'broughtToken', target: 'valid', actions: 'takeToken' },
          { guard: 'due', target: 'refreshing', actions: 'want' },
          { guard: 'condemned', target: 'revoked', actions: ['takeFailure', 'want'] },
          { guard: 'blocked', target: 'blocked', actions: ['takeFailure', 'want'] },
          { guard: 'putOff', target: 'backoff', actions: ['takeFailure', 'want'] },
          { actions: ['takeFailure', 'want'] },
        ],
        ADOPTED: { target: 'valid', actions: 'adopt' },
        CREDENTIALS: [
          { guard: 'isWanted', target: 'refreshing', actions: 'renewCredentials' },
          { actions: 'renewCredentials' },
        ],
      },
    },

    refreshing: {
      invoke: {
        src: 'exchange',
        input: ({ context }) => updates.exchangeInput(context),
        onDone: [
          { guard: 'broughtToken', target: 'valid', actions: 'takeToken' },
          { guard: 'condemned', target: 'revoked', actions: 'takeFailure' },
          { guard: 'blocked', target: 'blocked', actions: 'takeFailure' },
          { guard: 'absent', target: 'unauthenticated', actions: 'takeFailure' },
          { target: 'backoff', actions: 'takeFailure' },
        ],
        onError: { target: 'backoff', actions: 'takeFault' },
      },
      on: {
        ADOPTED: { target: 'valid', actions: 'adopt' },
        CREDENTIALS: { target: 'refreshing', reenter: true, actions: 'renewCredentials' },
      },
    },

    valid: {
      on: {
        TIME: [
          { guard: 'tokenDied', target: 'refreshing', actions: 'dropToken' },
          { guard: 'refreshDue', target: 'expiring', actions: 'comeOfAge' },
        ],
        REFRESH: { target: 'expiring', actions: 'takeForce' },
        REJECTED: [
          { guard: 'rejectsPresentTooOften', target: 'backoff', actions: 'reject' },
          { guard: 'rejectsPresent', target: 'refreshing', actions: 'reject' },
        ],
        ADOPTED: { guard: 'isNewer', target: 'valid', actions: 'adopt' },
        CREDENTIALS: { target: 'refreshing', actions: 'renewCredentials' },
      },
    },

    expiring: {
      initial: 'requesting',
      states: {
        requesting: {
          invoke: {
            src: 'exchange',
            input: ({ context }) => updates.exchangeInput(context),
            onDone: [
              { guard: 'broughtToken', target: '#lifecycle.valid', actions: 'takeToken' },
              { guard: 'condemned', target: '#lifecycle.revoked', actions: 'takeFailure' },
              { guard: 'blocked', target: '#lifecycle.blocked', actions: 'takeFailure' },
              { guard: 'absent', target: '#lifecycle.unauthenticated', actions: 'takeFailure' },
              { target: 'waiting', actions: 'takeFailure' },
            ],
            onError: { target: 'waiting', actions: 'takeFault' },
          },
          on: {
            TIME: { guard: 'tokenDied', target: '#lifecycle.refreshing', actions: 'dropToken' },
            REJECTED: { guard: 'rejectsPresent', target: '#lifecycle.refreshing', actions: 'reject' },
          },
        },
        waiting: {
          on: {
            TIME: [
              { guard: 'tokenDied', target: '#lifecycle.backoff', actions: 'dropToken' },
              { guard: 'retryDue', target: 'requesting' },
            ],
            REFRESH: { guard: 'isForced', target: 'requesting', actions: 'takeForce' },
            REJECTED: { guard: 'rejectsPresent', target: '#lifecycle.backoff', actions: 'rejectWhileWaiting' },
          },
        },
      },
      on: {
        ADOPTED: { guard: 'isNewer', target: 'valid', actions: 'adopt' },
        CREDENTIALS: { target: 'refreshing', actions: 'renewCredentials' },
      },
    },

    backoff: {
      on: {
        TIME: { guard: 'retryDue', target: 'refreshing' },
        REFRESH: { guard: 'isForced', target: 'refreshing', actions: 'takeForce' },
        ADOPTED: { target: 'valid', actions: 'adopt' },
        CREDENTIALS: { target: 'refreshing', actions: 'renewCredentials' },
      },
    },

    blocked: {
      initial: 'resting',
      states: {
        resting: {
          on: {
            TIME: [
              { guard: 'blockEndedWithToken', target: '#lifecycle.expiring', actions: 'halfOpen' },
              { guard: 'blockEnded', target: '#lifecycle.refreshing', actions: ['dropDeadToken', 'halfOpen'] },
              { guard: 'retryDue', target: 'probing', actions: 'dropDeadToken' },
            ],
          },
        },
        probing: {
          invoke: {
            src: 'probe',
            onDone: [
              { guard: 'reachedWithToken', target: '#lifecycle.expiring', actions: 'halfOpen' },
              { guard: 'reached', target: '#lifecycle.refreshing', actions: 'halfOpen' },
              { target: 'resting', actions: 'takeProbe' },
            ],
            onError: { target: 'resting', actions: 'takeProbeFault' },
          },
        },
      },
      on: {
        TIME: { guard: 'tokenDied', actions: 'dropToken' },
        REJECTED: { guard: 'rejectsPresent', actions: 'rejectWhileWaiting' },
        ADOPTED: { guard: 'isNewer', target: 'valid', actions: 'adopt' },
        UNBLOCKED: [
          { guard: 'hasToken', target: 'expiring', actions: 'unblock' },
          { target: 'refreshing', actions: 'unblock' },
        ],
        CREDENTIALS: { actions: 'renewCredentialsWhileBlocked' },
      },
    },

    revoked: {
      on: {
        TIME: { guard: 'tokenDied', actions: 'dropToken' },
        REJECTED: { guard: 'rejectsPresent', actions: 'rejectWhileWaiting' },
        REFRESH: [
          { guard: 'isForcedWithToken', target: 'expiring', actions: 'takeForce' },
          { guard: 'isForced', target: 'refreshing', actions: 'takeForce' },
        ],
        ADOPTED: { guard: 'isNewer', target: 'valid', actions: 'adopt' },
        CREDENTIALS: { target: 'refreshing', actions: 'renewCredentials' },
      },
    },
  },
})
