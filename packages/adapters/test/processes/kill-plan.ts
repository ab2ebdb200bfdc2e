import { createHash } from 'node:crypto'
import type { ExchangeStep } from '@evergrant/core'
import { whole } from '../../../../tools/extent.ts'
import type { OwnDeath } from './fixtures/mortal-command.ts'

export const STEPS: readonly ExchangeStep[] = [
  'lease',
  'read',
  'admitted',
  'journaled',
  'answered',
  'saved',
  'settled',
  'released',
]

/**
 * Which exchange is cut short:
 * - `later`: of a process that has taken over from the one killed before it, and shown that all is well
 * - `first`: the first ever for its account
 * - `takeover`: of a process that was about to take over from the one killed before it
 */
export type Career = 'later' | 'first' | 'takeover'

/** How one process is killed: by its own hand, or by its parent some ms after it was heard to take its n-th step. */
export interface Kill {
  readonly career: Career
  readonly how: OwnDeath | { readonly heard: number; readonly after: number }
}

/** Of each: 250 in all where everything is done at full length, else 26. */
export const EACH_STEP = whole ? 15 : 2
/** Of so many kills at a step one is of the first exchange ever, and one of a takeover; of fewer, any. */
const EACH_CAREER = whole ? 5 : 3
/** In one exchange: its steps, its changes on disk, and the two ends of its request. */
const MOMENTS = 51
const EVERY_MOMENT = whole ? 1 : 8
const ANY_MOMENT = whole ? 24 : 2
const FROM_OUTSIDE = whole ? 55 : 2
/** About as long as it takes from one step to the next, in ms. */
const LONGEST_DELAY = 6
/** A takeover that is refused never saves anything, so the steps beyond may not come. */
const SURE_TO_COME: ReadonlySet<ExchangeStep> = new Set(['lease', 'read', 'admitted', 'journaled', 'answered'])

/** The kills of one run, at every step and moment and at random, shuffled; the same for the same seed (P16). */
export function planKills(seed: string): readonly Kill[] {
  const random = seededRandom(seed)
  const upTo = (most: number) => Math.floor(random() * (most + 1))
  const steps = STEPS.flatMap((step) => {
    const any = upTo(EACH_CAREER - 1)
    return Array.from({ length: EACH_STEP }, (_, n) => atStep(step, any + n))
  })
  // Where some are left out, runs with other seeds take others.
  const count = Math.floor(MOMENTS / EVERY_MOMENT)
  const first = upTo(MOMENTS - 1 - (count - 1) * EVERY_MOMENT)
  const moments = Array.from({ length: count }, (_, n): Kill => {
    return { career: 'later', how: { moment: first + n * EVERY_MOMENT + 1 } }
  })
  const anyMoments = Array.from({ length: ANY_MOMENT }, (): Kill => {
    return { career: 'first', how: { moment: 1 + upTo(MOMENTS - 1) } }
  })
  const outside = Array.from({ length: FROM_OUTSIDE }, (): Kill => {
    return { career: 'later', how: { heard: 1 + upTo(STEPS.length), after: upTo(LONGEST_DELAY) } }
  })
  return shuffle([...steps, ...moments, ...anyMoments, ...outside], random)
}

function atStep(step: ExchangeStep, n: number): Kill {
  if (n % EACH_CAREER === 0) return { career: 'first', how: { step } }
  return { career: n % EACH_CAREER === 1 && SURE_TO_COME.has(step) ? 'takeover' : 'later', how: { step } }
}

function seededRandom(seed: string): () => number {
  let drawn = 0
  return () => {
    drawn += 1
    return createHash('sha256').update(`${seed} ${drawn}`).digest().readUInt32BE() / 2 ** 32
  }
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  const places = items.map((item) => ({ item, place: random() }))
  return places.toSorted((a, b) => a.place - b.place).map(({ item }) => item)
}
