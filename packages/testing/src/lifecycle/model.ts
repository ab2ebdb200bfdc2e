import { assign, setup, type SnapshotFrom } from 'xstate'
import * as circumstances from './circumstances.ts'
import * as consequences from './consequences.ts'
import type { Move } from './moves.ts'
import { adoption, answers, demand, renewals } from './shared-transitions.ts'
import { firstSituation, type LifecycleSituation } from './situation.ts'

/** A move as an event. */
export interface LifecycleEvent {
  readonly type: Move
}

/**
 * The life of an access token as it can be seen from outside, under everything that an adversary can do: the server, the
 * network, the clock, siblings on the same store, the person and the callers. It has no timers and no actors: each move
 * is an event. Where it has `request` or `probe` as a tag, one is under way and waits for the server's move.
 *
 * Beside the seven states of a session there are three that take no time: `asking` (may a request be sent?),
 * `attempting` (the same for the one that ends a block) and `failing`.
 */
export const lifecycleModel = setup({
  types: {
    context: {} as LifecycleSituation,
    events: {} as LifecycleEvent,
    tags: {} as 'request' | 'probe',
  },
  guards: circumstances,
  actions: {
    stay: assign(consequences.stay),
    forgetReason: assign(consequences.forgetReason),
    look: assign(consequences.look),
    ask: assign(consequences.ask),
    insist: assign(consequences.insist),
    insistFromNothing: assign(consequences.insistFromNothing),
    missCredentials: assign(consequences.missCredentials),
    tellSignOut: assign(consequences.tellSignOut),
    take: assign(consequences.take),
    takeRotated: assign(consequences.takeRotated),
    takeAgain: assign(consequences.takeAgain),
    takeStored: assign(consequences.takeStored),
    storeToken: assign(consequences.storeToken),
    lose: assign(consequences.lose),
    loseIfClosing: assign(consequences.loseIfClosing),
    refuse: assign(consequences.refuse),
    comeOfAge: assign(consequences.comeOfAge),
    almostExpire: assign(consequences.almostExpire),
    passFloor: assign(consequences.passFloor),
    sleep: assign(consequences.sleep),
    failInDoubt: assign(consequences.failInDoubt),
    failForCertain: assign(consequences.failForCertain),
    failDying: assign(consequences.failDying),
    strikeSilence: assign(consequences.strikeSilence),
    strikeRefusal: assign(consequences.strikeRefusal),
    blockForSilence: assign(consequences.blockForSilence),
    blockForRefusal: assign(consequences.blockForRefusal),
    tellBlock: assign(consequences.tellBlock),
    tellBudget: assign(consequences.tellBudget),
    probe: assign(consequences.probe),
    probeInVain: assign(consequences.probeInVain),
    endBlock: assign(consequences.endBlock),
    condemnGrant: assign(consequences.condemnGrant),
    condemnClient: assign(consequences.condemnClient),
    tellDeath: assign(consequences.tellDeath),
    renewCredentials: assign(consequences.renewCredentials),
    signOut: assign(consequences.signOut),
  },
}).createMachine({
  id: 'life',
  context: firstSituation,
  initial: 'unauthenticated',
  on: {
    SIGN_OUT: { target: '.unauthenticated', actions: 'signOut' },
    SIBLING_SIGNED_OUT: { guard: 'isWatching', target: '.unauthenticated', actions: 'signOut' },
    LATE_401: { actions: 'stay' },
    SET_BACK: { actions: 'stay' },
    SET_FORWARD: { actions: 'stay' },
    ASK: { actions: 'stay' },
    REFRESH: { actions: 'stay' },
  },
  states: {
    unauthenticated: {
      id: 'unauthenticated',
      on: {
        ASK: demand,
        REFRESH: demand,
        FORCE: [
          { guard: 'hasNoCredentials', actions: 'missCredentials' },
          { guard: 'isStored', target: 'valid', actions: 'takeStored' },
          { target: 'asking', actions: 'insistFromNothing' },
        ],
        NEW_CREDENTIALS: [
          { guard: 'isWanted', target: 'asking', actions: 'renewCredentials' },
          { actions: ['renewCredentials', 'forgetReason'] },
        ],
        SIBLING_SET_CREDENTIALS: [
          { guard: 'isWanted', target: 'asking', actions: 'renewCredentials' },
          { guard: 'isWatching', actions: ['renewCredentials', 'forgetReason'] },
        ],
        SIBLING_FETCHED: { guard: 'siblingMayStore', actions: 'storeToken' },
        SLEEP: { actions: 'sleep' },
      },
    },

    asking: {
      id: 'asking',
      always: [
        { guard: 'knownDead', target: 'revoked', actions: 'tellDeath' },
        { guard: 'blockRests', target: 'blocked', actions: 'tellBlock' },
        { guard: 'probeOverdue', target: 'blocked.probing' },
        { guard: 'tooSoonWithToken', target: 'expiring.waiting' },
        { guard: 'tooSoon', target: 'backoff' },
        { target: 'attempting' },
      ],
    },

    attempting: {
      id: 'attempting',
      always: [
        { guard: 'knownDead', target: 'revoked', actions: 'tellDeath' },
        { guard: 'budgetSpent', target: 'blocked', actions: 'tellBudget' },
        { guard: 'hasToken', target: 'expiring.requesting' },
        { target: 'refreshing' },
      ],
    },

    refreshing: {
      id: 'refreshing',
      tags: 'request',
      entry: 'forgetReason',
      on: {
        ...answers,
        ...renewals,
        FORCE: { actions: 'stay' },
        ABORT: { actions: 'stay' },
      },
    },

    failing: {
      id: 'failing',
      always: [{ guard: 'hasToken', target: 'expiring.waiting' }, { target: 'backoff' }],
    },

    valid: {
      id: 'valid',
      entry: 'forgetReason',
      on: {
        ...renewals,
        ...adoption,
        REFRESH: { target: 'asking', actions: 'ask' },
        FORCE: { target: 'asking', actions: 'insist' },
        REFUSED: [
          { guard: 'refusedYoung', target: 'backoff', actions: 'refuse' },
          { target: 'asking', actions: ['ask', 'refuse'] },
        ],
        MOMENT: { guard: 'isEarly', actions: 'passFloor' },
        REFRESH_DUE: { target: 'asking', actions: ['ask', 'comeOfAge'] },
        OVERSLEEP: { target: 'asking', actions: ['ask', 'almostExpire'] },
        SLEEP: { target: 'asking', actions: ['ask', 'sleep'] },
      },
    },

    expiring: {
      entry: 'forgetReason',
      initial: 'requesting',
      on: renewals,
      states: {
        requesting: {
          tags: 'request',
          on: {
            ...answers,
            SAME_TOKEN: { guard: 'isNotClosing', target: '#valid', actions: 'takeAgain' },
            FORCE: { actions: 'stay' },
            EXPIRY: { guard: 'isClosing', target: '#refreshing', actions: 'lose' },
            REFUSED: { target: '#refreshing', actions: 'refuse' },
          },
        },
        waiting: {
          on: {
            ...adoption,
            FORCE: { target: '#asking', actions: 'insist' },
            RETRY_DUE: { guard: 'isNotClosing', target: '#asking', actions: ['ask', 'passFloor'] },
            REFUSED: { target: '#backoff', actions: 'refuse' },
            SLEEP: { target: '#asking', actions: ['ask', 'sleep'] },
          },
        },
      },
    },

    backoff: {
      id: 'backoff',
      entry: 'forgetReason',
      on: {
        ...renewals,
        ...adoption,
        FORCE: { target: 'asking', actions: 'insist' },
        ABORT: { actions: 'stay' },
        RETRY_DUE: { target: 'asking', actions: ['ask', 'passFloor'] },
        SLEEP: { target: 'asking', actions: ['ask', 'sleep'] },
      },
    },

    blocked: {
      id: 'blocked',
      initial: 'resting',
      on: {
        FORCE: { actions: 'stay' },
        REFUSED: { guard: 'hasToken', actions: 'refuse' },
        NEW_CREDENTIALS: { actions: 'renewCredentials' },
        SIBLING_SET_CREDENTIALS: { actions: 'renewCredentials' },
      },
      states: {
        resting: {
          on: {
            PROBE_DUE: { guard: 'probeComes', target: 'probing' },
            EXPIRY: { guard: 'tokenEndsFirst', actions: 'lose' },
            BLOCK_ENDS: { target: '#attempting', actions: 'endBlock' },
          },
        },
        probing: {
          tags: 'probe',
          entry: 'probe',
          on: {
            PROBE_ANSWERED: { target: '#attempting', actions: 'ask' },
            PROBE_SILENT: { target: 'resting', actions: 'probeInVain' },
          },
        },
      },
    },

    revoked: {
      id: 'revoked',
      on: {
        ...renewals,
        ...adoption,
        FORCE: { target: 'asking', actions: 'insist' },
        REFUSED: { guard: 'hasToken', actions: 'refuse' },
        EXPIRY: { guard: 'hasToken', actions: 'lose' },
        SLEEP: { actions: 'sleep' },
      },
    },
  },
})

export type LifecycleSnapshot = SnapshotFrom<typeof lifecycleModel>
