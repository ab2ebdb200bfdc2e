import type { ExchangeStep } from '@evergrant/core'

/** What can be wrong for a while. */
export const SPELLS = [
  // between a host and everything else
  'partition',
  // on the way to the server and back
  'lost-messages',
  'slow-network',
  'duplicates',
  // at the server
  'server-error',
  'error-after-commit',
  'rate-limit',
  'edge-refusal',
  'suspicious-refusal',
  'malformed-answer',
  'silence',
  'dying-tokens',
  'same-token',
  // at the store
  'failing-store',
  'slow-store',
] as const

/** What can happen at one moment. */
const MOMENTS = [
  'kill',
  'kill-at-step',
  'sleep',
  'clock-jump',
  'lease-loss',
  'early-invalidation',
  'revocation',
  'address-block',
  'sign-out',
  'new-credentials',
  'wrong-credentials',
  'refresh',
  'forced-refresh',
  'burst',
] as const

export type SpellName = (typeof SPELLS)[number]
export type MomentName = (typeof MOMENTS)[number]
/** Everything that a simulated run can meet. */
export type SimulatedFault = SpellName | MomentName
export const SIMULATED_FAULTS: readonly SimulatedFault[] = [...SPELLS, ...MOMENTS]

interface Dated {
  /** Ms since the beginning. */
  readonly at: number
}

/** A time of trouble. */
export interface Spell extends Dated {
  readonly type: SpellName
  /** Ms. */
  readonly lasts: number
  /** Of the messages, how many it meets, from 0 to 1. */
  readonly share: number
  /** Only messages of this host; `null` for all. */
  readonly host: string | null
  /** Ms that it takes or asks for, where it has to do with time. */
  readonly ms: number
}

/** Which process, by its place in the list of those that run; counted round. */
interface OfProcess extends Dated {
  readonly process: number
}

interface OfAccount extends Dated {
  readonly account: number
}

interface OfSession extends OfProcess, OfAccount {}

export type Moment =
  | (OfProcess & { readonly type: 'kill'; readonly back: number })
  | (OfProcess & { readonly type: 'kill-at-step'; readonly step: ExchangeStep; readonly back: number })
  | (Dated & { readonly type: 'sleep'; readonly host: number; readonly lasts: number })
  | (Dated & { readonly type: 'clock-jump'; readonly host: number; readonly by: number })
  | (OfAccount & { readonly type: 'lease-loss' | 'early-invalidation' | 'revocation' })
  | (Dated & { readonly type: 'address-block'; readonly lasts: number })
  | (OfSession & { readonly type: 'sign-out' | 'new-credentials' | 'wrong-credentials' | 'refresh' | 'forced-refresh' })
  | (OfSession & {
      readonly type: 'burst'
      readonly callers: number
      /** Ms; `null` for the default. */
      readonly maxWait: number | null
      readonly minTtl: number
      /** Ms after which the callers leave; `null` if they stay. */
      readonly leaveAfter: number | null
    })

export type Happening = Spell | Moment

export function isSpell(happening: Happening): happening is Spell {
  return (SPELLS as readonly string[]).includes(happening.type)
}

/** A happening in words, for a trace. */
export function words(happening: Happening): string {
  const { type, at: _, ...facts } = happening
  const told = Object.entries(facts).filter(([, value]) => value !== null)
  return `${type} (${told.map(([name, value]) => `${name} ${value}`).join(', ')})`
}
