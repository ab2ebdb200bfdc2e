import { describe, expect, it } from 'vitest'
import { createActor, transition, type InspectionEvent } from 'xstate'
import { initialContext } from '../src/machine/context.ts'
import { lifecycleMachine } from '../src/machine/machine.ts'
import { placeOf, situationOf, TIMES } from './support/lifecycle-events.ts'
import { breaking, show, SPENDING, situations, steps, type Step } from './support/lifecycle-map.ts'

const from = ({ state }: Step) => placeOf(state)
const to = ({ next }: Step) => placeOf(next)

/** The steps of a kind; there must be some, or the rule about them would say nothing. */
function stepsThat(are: (step: Step) => boolean): readonly Step[] {
  const found = steps.filter(are)
  expect(found.length).toBeGreaterThan(0)
  return found
}

describe('time', () => {
  it('P6 takes no token before its death, in any state', () => {
    expect(
      breaking(
        ({ state, event, next }) =>
          event.type !== 'TIME' || event.now >= TIMES.expiresAt || next.context.token === state.context.token,
      ),
    ).toEqual([])
  })

  it('P13 begins no refresh before one is due, and begins it then', () => {
    const inValid = stepsThat((step) => step.event.type === 'TIME' && from(step) === 'valid')
    const wrong = inValid.filter((step) => {
      const due = step.event.type === 'TIME' && step.event.now >= (step.state.context.refreshAt ?? Infinity)
      return due ? !SPENDING.includes(to(step)) : to(step) !== 'valid'
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('P13 lets a token come of age: those that were refused before it count no more', () => {
    const valid = situations.find((state) => placeOf(state) === 'valid')!
    const refusedBefore = { ...valid, context: { ...valid.context, rejections: 2 } } as typeof valid
    const at = (now: number) => transition(lifecycleMachine, refusedBefore, { type: 'TIME', now })[0].context.rejections
    expect([at(TIMES.refreshAt - 1), at(TIMES.refreshAt)]).toEqual([2, 0])
  })
})

describe('a situation without a token', () => {
  it('has no time at which to renew one', () => {
    const without = situations.filter(({ context }) => context.token === null)
    expect(without.filter(({ context }) => context.refreshAt !== null || context.mandatoryAt !== null)).toEqual([])
  })
})

describe('a newer token of somebody else', () => {
  it('P8 is taken in every state', () => {
    const newer = stepsThat(
      ({ state, event }) => event.type === 'ADOPTED' && event.token.generation > state.context.generation,
    )
    expect(new Set(newer.map(from))).toEqual(new Set(situations.map(placeOf)))
    const wrong = newer.filter(
      ({ event, next }) => placeOf(next) !== 'valid' || event.type !== 'ADOPTED' || next.context.token !== event.token,
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('P8 is taken where there is no token though it is none newer', () => {
    const known = stepsThat(
      (step) => step.event.type === 'ADOPTED' && /^(unauthenticated|refreshing|backoff)$/.test(from(step)),
    )
    expect(known.filter((step) => to(step) !== 'valid').map(show)).toEqual([])
  })
})

describe('a person who asks for a new token', () => {
  const asking = (step: Step) => step.event.type === 'REFRESH' && step.event.force

  it('is heard wherever nothing is under way and nothing blocks', () => {
    const heard = stepsThat((step) => asking(step) && /^(valid|expiring\.waiting|backoff|revoked)$/.test(from(step)))
    expect(heard.filter((step) => !SPENDING.includes(to(step))).map(show)).toEqual([])
  })

  it('P2 has the exchange told that it is a person, and a program does not', () => {
    const begun = stepsThat((step) => step.event.type === 'REFRESH' && from(step) !== to(step))
    expect(begun.filter((step) => step.next.context.force !== asking(step)).map(show)).toEqual([])
  })
})

describe('a look at the store', () => {
  const looked = (step: Step) => step.event.type === 'CONSULTED' && from(step) === 'unauthenticated'

  it('is remembered as the wish for a token, so that credentials which come later are put to use', () => {
    expect(stepsThat(looked).filter(({ next }) => !next.context.wanted)).toEqual([])
  })

  it('P2 has an exchange told whether it was a person who wanted it', () => {
    const begun = stepsThat((step) => looked(step) && to(step) === 'refreshing')
    const told = ({ event, next }: Step) => event.type === 'CONSULTED' && next.context.force === event.force
    expect(begun.filter((step) => !told(step))).toEqual([])
  })
})

describe('new credentials', () => {
  const renewed = ({ event }: Step) => event.type === 'CREDENTIALS'
  const blocked = (step: Step) => from(step).startsWith('blocked')

  it('P14 leave nothing of the old ones but the count of generations', () => {
    for (const { state, next } of stepsThat((step) => renewed(step) && !blocked(step))) {
      const { generation, wanted } = state.context
      expect(next.context).toEqual({ ...initialContext, generation, wanted })
    }
  })

  it('P4 leave the block as it is, and no token of the old ones', () => {
    for (const { state, next } of stepsThat((step) => renewed(step) && blocked(step))) {
      expect(next.value).toEqual(state.value)
      expect(next.context).toEqual({
        ...state.context,
        token: null,
        refreshAt: null,
        mandatoryAt: null,
        rejected: 0,
        rejections: 0,
      })
    }
  })
})

describe('a block', () => {
  it('P4 is probed when a probe is due, and not before', () => {
    const resting = stepsThat((step) => from(step) === 'blocked.resting' && step.event.type === 'TIME')
    const early = ({ state, event }: Step) =>
      event.type === 'TIME' && event.now < Math.min(state.context.retryAt ?? Infinity, state.context.until ?? Infinity)
    expect(resting.some(early)).toBe(true)
    expect(resting.filter((step) => early(step) !== (to(step) === 'blocked.resting')).map(show)).toEqual([])
  })
})

describe('the end of a block', () => {
  it('P4 that the store tells of leaves nothing of it', () => {
    const told = stepsThat((step) => step.event.type === 'UNBLOCKED' && from(step).startsWith('blocked'))
    for (const { next } of told) {
      expect(next.context).toMatchObject({ retryAt: null, until: null, reason: null })
    }
  })
})

describe('a fault of our own', () => {
  it('P12 ends in a wait', () => {
    const waits = {
      refreshing: 'backoff',
      'expiring.requesting': 'expiring.waiting',
      'blocked.probing': 'blocked.resting',
    }
    const faults = stepsThat(({ event }) => event.type.startsWith('xstate.error'))
    expect(new Set(faults.map(from))).toEqual(new Set(Object.keys(waits)))
    for (const step of faults) {
      expect(to(step)).toBe(waits[from(step) as keyof typeof waits])
      expect(step.next.context.retryAt).not.toBeNull()
    }
  })

  it('P12 in a probe leaves the end of the block to be waited for', () => {
    for (const { state, next } of stepsThat(
      (step) => from(step) === 'blocked.probing' && step.event.type.startsWith('xstate.error'),
    )) {
      expect(next.context.retryAt).toBe(state.context.until)
    }
  })
})

describe('the machine as it is exported', () => {
  /** What its actors come to, if it is run as it stands from this situation. */
  async function faultIn(place: string): Promise<unknown> {
    const snapshot = situations.find((state) => placeOf(state) === place)!
    return new Promise((resolve) => {
      const inspect = (seen: InspectionEvent) => {
        if (seen.type === '@xstate.event' && 'error' in seen.event) resolve(seen.event['error'])
      }
      createActor(lifecycleMachine, { snapshot, inspect }).start()
    })
  }

  it.for([
    ['refreshing', 'exchange'],
    ['expiring.requesting', 'exchange'],
    ['blocked.probing', 'probe'],
  ] as const)('sends nothing, and says in %s which actor it wants: %s', async ([place, actor]) => {
    expect(await faultIn(place)).toMatchObject({ message: expect.stringContaining(actor) })
  })
})

describe('what changes nothing', () => {
  it('P1 a wish for a token while one is being fetched begins no second request', () => {
    const wished = stepsThat((step) => step.event.type === 'REFRESH' && SPENDING.includes(from(step)))
    expect(wished.filter(({ state, next }) => situationOf(next) !== situationOf(state)).map(show)).toEqual([])
  })
})
