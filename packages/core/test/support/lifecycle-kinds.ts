import type { Outcome } from '../../src/exchange/outcome.ts'
import type { LifecycleEvent } from '../../src/machine/events.ts'
import {
  absent,
  blocked,
  blockEnded,
  broughtToken,
  condemned,
  due,
  isForced,
  isNewer,
  putOff,
  reached,
  refreshDue,
  rejectsPresent,
  rejectsPresentTooOften,
  retryDue,
  tokenDied,
} from '../../src/machine/guards.ts'
import type { Snapshot } from './lifecycle-events.ts'

interface Moment {
  readonly context: Snapshot['context']
  readonly event: LifecycleEvent
}

/** A kind of event: by its type, and by what it brings or what the time has come for. */
interface EventKind {
  readonly name: string
  readonly is: (moment: Moment) => boolean
}

/** Kinds that belong together. An event is of the first kind that it fits. */
interface EventGroup {
  readonly title: string
  readonly has: (event: LifecycleEvent) => boolean
  readonly kinds: readonly EventKind[]
}

const any = () => true
const isOf =
  (...types: LifecycleEvent['type'][]) =>
  ({ type }: LifecycleEvent) =>
    types.includes(type)
const endOf = (actor: 'exchange' | 'probe') => (event: LifecycleEvent) =>
  event.type.startsWith('xstate.') && event.type.includes('probing') === (actor === 'probe')
const failed = ({ event }: Moment) => event.type.startsWith('xstate.error')
const hasNote = ({ event }: Moment) =>
  (event as { output?: { outcome?: Extract<Outcome, { type: 'granted' }> } }).output?.outcome?.note != null

/** Every kind of event, in the order of a reader. */
export const EVENT_GROUPS: readonly EventGroup[] = [
  {
    title: 'A look at the store (`CONSULTED`)',
    has: isOf('CONSULTED'),
    kinds: [
      { name: 'a good token', is: broughtToken },
      { name: 'a request is due', is: due },
      { name: 'known dead', is: condemned },
      { name: 'known blocked', is: blocked },
      { name: 'put off', is: putOff },
      { name: 'no credentials', is: absent },
      { name: 'a refused token', is: any },
    ],
  },
  {
    title: 'Changes around the session',
    has: isOf('ADOPTED', 'CREDENTIALS', 'UNBLOCKED', 'SIGN_OUT'),
    kinds: [
      { name: '`ADOPTED`, newer', is: (moment) => moment.event.type === 'ADOPTED' && isNewer(moment) },
      { name: '`ADOPTED`, no newer', is: ({ event }) => event.type === 'ADOPTED' },
      { name: '`CREDENTIALS`', is: ({ event }) => event.type === 'CREDENTIALS' },
      { name: '`UNBLOCKED`', is: ({ event }) => event.type === 'UNBLOCKED' },
      { name: '`SIGN_OUT`', is: any },
    ],
  },
  {
    title: 'Wishes and refusals',
    has: isOf('REFRESH', 'REJECTED'),
    kinds: [
      { name: '`REFRESH`, forced', is: isForced },
      { name: '`REFRESH`', is: ({ event }) => event.type === 'REFRESH' },
      { name: '`REJECTED`, again', is: rejectsPresentTooOften },
      { name: '`REJECTED`', is: rejectsPresent },
      { name: '`REJECTED`, not the present one', is: any },
    ],
  },
  {
    title: 'Time (`TIME`)',
    has: isOf('TIME'),
    kinds: [
      { name: 'block over', is: blockEnded },
      { name: 'retry or probe due', is: retryDue },
      { name: 'token died', is: tokenDied },
      { name: 'refresh due', is: refreshDue },
      { name: 'nothing due', is: any },
    ],
  },
  {
    title: 'The end of an exchange',
    has: endOf('exchange'),
    kinds: [
      { name: 'fault', is: failed },
      { name: 'token, no newer', is: (moment) => broughtToken(moment) && hasNote(moment) },
      { name: 'token', is: broughtToken },
      { name: 'condemned', is: condemned },
      { name: 'blocked', is: blocked },
      { name: 'put off', is: putOff },
      { name: 'no credentials', is: absent },
      { name: 'a refused token', is: any },
    ],
  },
  {
    title: 'The end of a probe',
    has: endOf('probe'),
    kinds: [
      { name: 'fault', is: failed },
      { name: 'answered', is: reached },
      { name: 'silence', is: any },
    ],
  },
]
