import { invalidOptions } from '@evergrant/core'
import type {
  AnswerFaults,
  DeliveryFaults,
  FailOptions,
  FaultHandle,
  GrantFaults,
  TastytradeFault,
  TastytradeFaults,
} from './faults.ts'
import type { RequestKind } from './request-log.ts'

/** A fault of a group that a request meets, with its parameters. */
export type Met<Faults> = { [F in keyof Faults]: { readonly fault: F; readonly parameters: Faults[F] } }[keyof Faults]
export type MetFault = Met<TastytradeFaults>

interface Scripted {
  readonly met: MetFault
  readonly on: 'token' | 'api' | 'all'
  readonly path: string | undefined
  remaining: number
}

/** The faults to come. Each request takes the first that fits it, in order of scripting. */
export interface FaultScript {
  add<F extends TastytradeFault>(fault: F, options?: FailOptions & TastytradeFaults[F]): FaultHandle
  take(kind: RequestKind, path: string): MetFault | null
  clear(): void
}

type Groups = Readonly<
  Record<keyof AnswerFaults, 'answer'> & Record<keyof GrantFaults, 'grant'> & Record<keyof DeliveryFaults, 'delivery'>
>

const GROUPS: Groups = {
  'too-many-requests': 'answer',
  'server-error': 'answer',
  'edge-html': 'answer',
  'edge-forbidden-html': 'answer',
  'edge-empty': 'answer',
  'transient-invalid-request': 'answer',
  'grant-revoked': 'answer',
  'invalid-jwt': 'answer',
  'client-secret-mismatch': 'answer',
  oversized: 'answer',
  garbage: 'answer',
  'wrong-shape': 'answer',
  redirect: 'answer',
  'echo-secrets': 'answer',
  'rfc-error': 'answer',
  'object-error': 'answer',
  'api-unauthorized': 'answer',
  'api-forbidden': 'answer',
  'same-token': 'grant',
  'missing-expires-in': 'grant',
  'zero-expires-in': 'grant',
  'odd-expires-in': 'grant',
  'empty-refresh-token': 'grant',
  slow: 'delivery',
  'never-answers': 'delivery',
  'address-block': 'delivery',
  'connection-reset': 'delivery',
  'lost-answer': 'delivery',
  truncated: 'delivery',
  stalls: 'delivery',
  'date-skew': 'delivery',
  'cached-date': 'delivery',
}

export function takesPlaceOfAnswer(met: MetFault): met is Met<AnswerFaults> {
  return GROUPS[met.fault] === 'answer'
}

export function spoilsGrant(met: MetFault): met is Met<GrantFaults> {
  return GROUPS[met.fault] === 'grant'
}

/** The names of all faults. */
export const TASTYTRADE_FAULTS: readonly TastytradeFault[] = Object.freeze(Object.keys(GROUPS) as TastytradeFault[])

export function createFaultScript(): FaultScript {
  let scripted: Scripted[] = []

  return {
    add(fault, options) {
      const given: FailOptions & Readonly<Record<string, unknown>> = { ...options }
      const { times = 1, on = fault.startsWith('api-') ? 'api' : 'token', path, ...parameters } = given
      if (!Object.hasOwn(GROUPS, fault)) {
        throw invalidOptions('fault', `there is no fault named ${fault}`, `One of: ${TASTYTRADE_FAULTS.join(', ')}.`)
      }
      if (!(times > 0)) throw invalidOptions('times', `${times} requests cannot meet a fault`, 'Pass 1 or more.')
      const entry: Scripted = { met: { fault, parameters } as unknown as MetFault, on, path, remaining: times }
      scripted.push(entry)
      return {
        get remaining() {
          return entry.remaining
        },
        [Symbol.dispose]() {
          entry.remaining = 0
          scripted = scripted.filter((other) => other !== entry)
        },
      }
    },
    take(kind, path) {
      const fits = (entry: Scripted): boolean =>
        (entry.on === 'all' || entry.on === kind) && (entry.path === undefined || entry.path === path)
      const entry = scripted.find(fits)
      if (entry === undefined) return null
      entry.remaining -= 1
      if (entry.remaining <= 0) scripted = scripted.filter((other) => other !== entry)
      return entry.met
    },
    clear() {
      for (const entry of scripted) entry.remaining = 0
      scripted = []
    },
  }
}
