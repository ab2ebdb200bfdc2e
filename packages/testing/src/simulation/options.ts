import { invalidOptions } from '@evergrant/core'
import type { Rotation } from '../tastytrade/grants.ts'
import { SIMULATED_FAULTS, type SimulatedFault } from './happenings.ts'
import { chance, type Chance } from './random.ts'

/** What {@link simulate} takes. Whatever is left out, the seed decides. */
export interface SimulationOptions {
  /** A whole number of at least 0. The same seed and options give the same run, to the event. */
  readonly seed: number
  /** Machines with a wall clock each, from 1 to 4. */
  readonly hosts?: number | undefined
  /** Processes over all hosts, from 1 to 8. */
  readonly processes?: number | undefined
  /** Accounts, each with a grant of its own, from 1 to 8; every process has a session for each. */
  readonly accounts?: number | undefined
  /** What may go wrong: all, nothing, or these. Default: some of all, as the seed decides. */
  readonly faults?: 'all' | 'none' | readonly SimulatedFault[] | undefined
  /** Ms of trouble; the time to recover comes after it. At least 1,000. */
  readonly duration?: number | undefined
  /** How the server treats refresh tokens. `grace` accepts the one before the present one for ever. */
  readonly rotation?: Rotation | undefined
  /** Seconds that an access token lives. At least 2. */
  readonly lifetime?: number | undefined
  /** False leaves out the search for a shorter story of a failure. Default true. */
  readonly shrink?: boolean | undefined
}

/** The options with everything decided. */
export interface Setting {
  readonly seed: number
  readonly hosts: number
  readonly processes: number
  readonly accounts: number
  readonly faults: readonly SimulatedFault[]
  readonly duration: number
  readonly rotation: Rotation
  readonly lifetime: number
  /** Whether the accounts have their credentials from a source of each process, or from the store alone. */
  readonly fromSource: boolean
}

const KNOWN: ReadonlySet<string> = new Set([
  'seed',
  'hosts',
  'processes',
  'accounts',
  'faults',
  'duration',
  'rotation',
  'lifetime',
  'shrink',
])
const ROTATIONS: readonly Rotation[] = ['none', 'strict', 'grace']
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** How much of all the faults one run meets, when the seed decides: few together tell more than all at once. */
const SHARE_OF_FAULTS = 0.3

/** Checks the options and lets the seed decide the rest. Throws `invalid-options`. */
export function decideSetting(options: SimulationOptions): Setting {
  if (typeof options !== 'object' || options === null) {
    throw invalidOptions('options', 'not an object', 'Call simulate({ seed: 1 }).')
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw invalidOptions(name, 'no such option', `Known options: ${[...KNOWN].join(', ')}.`)
  }
  const seed = whole('seed', options.seed, 0, Number.MAX_SAFE_INTEGER)
  const draw = chance(seed, 'setting')
  const drawnHosts = draw.pick([1, 1, 1, 2, 2, 3])
  const drawnProcesses = draw.pick([1, 2, 2, 3, 4])
  const lifetime = draw.pick([900, 900, 900, 300, 60, 20, 2])
  const drawnRotation = draw.pick(['strict', 'strict', 'grace', 'none'] as const)
  const hosts = whole('hosts', options.hosts ?? drawnHosts, 1, 4)
  const { rotation = drawnRotation } = options
  if (!ROTATIONS.includes(rotation)) {
    throw invalidOptions('rotation', 'no such rotation', `One of: ${ROTATIONS.join(', ')}.`)
  }
  const decided = whole('lifetime', options.lifetime ?? lifetime, 2, 366 * 24 * 3600)
  return {
    seed,
    hosts,
    processes: whole('processes', options.processes ?? Math.max(hosts, drawnProcesses), 1, 8),
    accounts: whole('accounts', options.accounts ?? draw.pick([1, 1, 1, 2, 3]), 1, 8),
    faults: decideFaults(options.faults, draw),
    duration: whole('duration', options.duration ?? drawnDuration(decided, draw), 1_000, 365 * 24 * HOUR),
    rotation,
    lifetime: decided,
    fromSource: draw.happens(0.5),
  }
}

/** Some lifetimes, so that each run sees renewals, but not so many that it takes long. */
function drawnDuration(lifetime: number, draw: Chance): number {
  return Math.round(Math.min(2 * HOUR, Math.max(2 * MINUTE, lifetime * 1000 * (2 + 4 * draw.next()))))
}

function decideFaults(faults: SimulationOptions['faults'], draw: Chance): readonly SimulatedFault[] {
  if (faults === 'all') return SIMULATED_FAULTS
  if (faults === 'none') return []
  if (faults === undefined) return SIMULATED_FAULTS.filter(() => draw.happens(SHARE_OF_FAULTS))
  if (!Array.isArray(faults)) throw invalidOptions('faults', 'not a list', 'Give all, none, or a list of names.')
  for (const fault of faults) {
    if (SIMULATED_FAULTS.includes(fault)) continue
    throw invalidOptions('faults', `there is no fault named ${fault}`, `One of: ${SIMULATED_FAULTS.join(', ')}.`)
  }
  return faults
}

function whole(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidOptions(option, `not a whole number from ${least} to ${most}`, 'Leave it out to let the seed decide.')
}
