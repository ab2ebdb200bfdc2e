import { invalidOptions } from '@evergrant/core'
import type { FailOptions, FaultHandle, TastytradeFault, TastytradeFaults } from './faults.ts'
import type { RequestKind } from './request-log.ts'

/** A fault that a request meets, with its parameters. */
export type MetFault = {
  [F in TastytradeFault]: { readonly fault: F; readonly parameters: TastytradeFaults[F] }
}[TastytradeFault]

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

const NAMES: Readonly<Record<TastytradeFault, true>> = {
  'too-many-requests': true,
  'server-error': true,
  slow: true,
  'never-answers': true,
  'address-block': true,
  'edge-html': true,
  'edge-forbidden-html': true,
  'edge-empty': true,
  'transient-invalid-request': true,
  'grant-revoked': true,
  'invalid-jwt': true,
  'client-secret-mismatch': true,
  'same-token': true,
  'missing-expires-in': true,
  'zero-expires-in': true,
  'odd-expires-in': true,
  'empty-refresh-token': true,
  'date-skew': true,
  'cached-date': true,
  oversized: true,
  truncated: true,
  stalls: true,
  garbage: true,
  'wrong-shape': true,
  redirect: true,
  'connection-reset': true,
  'lost-answer': true,
  'echo-secrets': true,
  'rfc-error': true,
  'object-error': true,
  'api-unauthorized': true,
  'api-forbidden': true,
}

/** The names of all faults. */
export const TASTYTRADE_FAULTS: readonly TastytradeFault[] = Object.freeze(Object.keys(NAMES) as (keyof typeof NAMES)[])

export function createFaultScript(): FaultScript {
  let scripted: Scripted[] = []

  return {
    add(fault, options) {
      const given: FailOptions & Readonly<Record<string, unknown>> = { ...options }
      const { times = 1, on = fault.startsWith('api-') ? 'api' : 'token', path, ...parameters } = given
      if (!Object.hasOwn(NAMES, fault)) {
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
