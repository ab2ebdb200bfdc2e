import type { ExchangeStep } from '@evergrant/core'
import { SPELLS, type Happening, type Moment, type MomentName, type SimulatedFault, type Spell } from './happenings.ts'
import type { Setting } from './options.ts'
import { chance, type Chance } from './random.ts'

const STEPS = [
  'lease',
  'read',
  'admitted',
  'journaled',
  'answered',
  'saved',
  'settled',
  'released',
] as const satisfies ExchangeStep[]
const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Each lives for a second and is asked for anew, which makes many events and little news. */
const LONGEST_OF_DYING_TOKENS = 2 * MINUTE
/** Happenings of one kind in a run at most. */
const MOST_OF_A_KIND = 4

/** Everything that is to happen in a run, in order of time, as the seed decides. */
export function planHappenings(setting: Setting): readonly Happening[] {
  const happenings = setting.faults.flatMap((fault) => {
    const draw = chance(setting.seed, `plan ${fault}`)
    return Array.from({ length: draw.whole(1, MOST_OF_A_KIND) }, () => plan(fault, setting, draw)).flat()
  })
  return happenings.toSorted((a, b) => a.at - b.at)
}

function plan(fault: SimulatedFault, setting: Setting, draw: Chance): Happening[] {
  const at = draw.whole(0, setting.duration)
  if (isSpellName(fault)) return [planSpell(fault, at, setting, draw)]
  const moment = planMoment(fault, at, setting, draw)
  if (moment.type !== 'wrong-credentials' && moment.type !== 'revocation' && moment.type !== 'sign-out') return [moment]
  const { account } = moment
  // Whoever mistypes once does so again.
  const again = moment.type === 'wrong-credentials' ? draw.whole(0, 4) : 0
  const mistakes = Array.from({ length: again }, (_, one): Moment => {
    const later = at + (one + 1) * draw.whole(10 * SECOND, 3 * MINUTE)
    return { type: 'wrong-credentials', at: later, process: draw.whole(0, 7), account }
  })
  // Sooner or later a person mends it.
  const mended = at + draw.whole(SECOND, 20 * MINUTE)
  return [moment, ...mistakes, { type: 'new-credentials', at: mended, process: draw.whole(0, 7), account }]
}

function isSpellName(fault: SimulatedFault): fault is Spell['type'] {
  return (SPELLS as readonly string[]).includes(fault)
}

/** Short ones are met in the middle of a request, long ones outlast a token. */
function planSpell(type: Spell['type'], at: number, setting: Setting, draw: Chance): Spell {
  const lasts = draw.pick([draw.whole(50, 5 * SECOND), draw.whole(5 * SECOND, MINUTE), draw.whole(MINUTE, 20 * MINUTE)])
  const host = draw.happens(0.5) ? null : `host-${draw.whole(1, setting.hosts)}`
  const share = type === 'partition' ? 1 : draw.pick([0.1, 0.5, 0.9, 1])
  const ms = draw.pick([100, 2 * SECOND, 12 * SECOND, 20 * SECOND, 90 * SECOND])
  const longest = type === 'dying-tokens' ? LONGEST_OF_DYING_TOKENS : setting.duration
  return { type, at, lasts: Math.min(lasts, longest, setting.duration), share, host, ms }
}

function planMoment(type: MomentName, at: number, setting: Setting, draw: Chance): Moment {
  const process = draw.whole(0, 7)
  const account = draw.whole(0, setting.accounts - 1)
  const host = draw.whole(0, setting.hosts - 1)
  switch (type) {
    case 'kill':
      return { type, at, process, back: draw.pick([0, 200, 5 * SECOND, MINUTE]) }
    case 'kill-at-step':
      return { type, at, process, step: draw.pick(STEPS), back: draw.pick([0, 200, 5 * SECOND, MINUTE]) }
    case 'sleep':
      return { type, at, host, lasts: draw.pick([SECOND, 12 * SECOND, MINUTE, 20 * MINUTE, 10 * 60 * MINUTE]) }
    case 'clock-jump':
      return { type, at, host, by: draw.pick([-1, 1]) * draw.pick([700, 30 * SECOND, 10 * MINUTE, 120 * MINUTE]) }
    case 'lease-loss':
    case 'early-invalidation':
    case 'revocation':
      return { type, at, account }
    case 'address-block':
      return { type, at, lasts: draw.pick([MINUTE, 10 * MINUTE, 120 * MINUTE]) }
    case 'sign-out':
    case 'new-credentials':
    case 'wrong-credentials':
    case 'refresh':
    case 'forced-refresh':
      return { type, at, process, account }
    case 'burst':
      return {
        type,
        at,
        process,
        account,
        callers: draw.whole(2, 40),
        maxWait: draw.pick([null, 0, 500, 60 * SECOND]),
        minTtl: draw.pick([0, 0, setting.lifetime * 500, setting.lifetime * 2000]),
        leaveAfter: draw.pick([null, 0, 300, 5 * SECOND]),
      }
  }
}
