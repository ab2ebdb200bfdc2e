import { lifecycleModel, lifecyclePaths, MOVES, testLifecycle, type Move } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { getStateNodes } from 'xstate/graph'
import { lifecycleMap } from '../../src/lifecycle/map.ts'
import { transitionOf, transitionOfStates } from '../../src/lifecycle/paths.ts'
import { stepsOf } from '../../src/lifecycle/steps.ts'

const steps = [...lifecycleMap().values()].flat()
const walked = (paths: ReturnType<typeof lifecyclePaths>, nameOf: (step: never) => string) =>
  new Set(paths.flatMap((path) => stepsOf(path).map((step) => nameOf(step as never))))

describe('the model of the lifecycle', () => {
  it('has no timers and no actors', () => {
    const nodes = [lifecycleModel.root, ...getStateNodes(lifecycleModel)]
    expect(nodes.flatMap((node) => [...node.after, ...node.invoke])).toEqual([])
  })

  it('comes to each of the seven states, and to no other', () => {
    const states = ['unauthenticated', 'refreshing', 'valid', 'expiring', 'backoff', 'blocked', 'revoked']
    expect(new Set(steps.map(({ after }) => after.state))).toEqual(new Set(states))
  })

  it('takes every move that it names, by every kind of mover', () => {
    expect(new Set(steps.map(({ move }) => move))).toEqual(new Set(Object.keys(MOVES)))
    const movers = ['server', 'network', 'clock', 'sibling', 'person', 'caller']
    expect(new Set(Object.values(MOVES).map(({ by }) => by))).toEqual(new Set(movers))
  })

  it('has so many situations that they can all be visited', () => {
    expect(lifecycleMap().size).toBe(2_623)
    expect(steps).toHaveLength(40_271)
  })

  const leaving = (state: string, moves: readonly Move[]) =>
    new Set(
      steps
        .filter(
          ({ before, move, after }) => before.state === state && after.underWay === 'request' && !moves.includes(move),
        )
        .map(({ move }) => move),
    )

  it('P2 spends nothing from revoked but on new credentials, or where a person insists', () => {
    expect(leaving('revoked', ['NEW_CREDENTIALS', 'SIBLING_SET_CREDENTIALS', 'FORCE'])).toEqual(new Set())
  })

  it('P4 spends nothing from blocked before a probe is answered or the block is over', () => {
    expect(leaving('blocked', ['PROBE_ANSWERED', 'BLOCK_ENDS'])).toEqual(new Set())
  })

  it('P10 a late 401 and P15 a clock set wrong change nothing, in any situation', () => {
    const idle: readonly Move[] = ['LATE_401', 'SET_BACK', 'SET_FORWARD']
    const changed = [...lifecycleMap()].flatMap(([from, all]) =>
      all.filter(({ move, to }) => idle.includes(move) && to !== from),
    )
    expect(changed).toEqual([])
    expect(steps.filter(({ move }) => idle.includes(move))).toHaveLength(3 * lifecycleMap().size)
  })

  it('P14 is signed out by a sign-out in every situation', () => {
    const out = steps.filter(({ move }) => move === 'SIGN_OUT')
    expect(out).toHaveLength(lifecycleMap().size)
    const seen = { state: 'unauthenticated', reason: 'signed-out', usable: false, underWay: null }
    for (const { after } of out) expect(after).toEqual(seen)
  })
})

describe('the paths', () => {
  const paths = lifecyclePaths({ simple: 3 })

  it('take every transition of the model that can be told from outside', () => {
    const all = new Set(steps.map(transitionOf))
    expect(walked(lifecyclePaths(), transitionOf)).toEqual(all)
    expect(all.size).toBe(488)
  })

  it('take every transition between states, where only these are told apart', () => {
    const few = lifecyclePaths({ by: 'state' })
    expect(walked(few, transitionOfStates)).toEqual(new Set(steps.map(transitionOfStates)))
    expect(few).toHaveLength(134)
  })

  it('take every simple path of three moves', () => {
    const beginnings = new Set(paths.map((path) => path.slice(0, 3).join(' ')))
    const [first = ''] = lifecycleMap().keys()
    const missing: string[] = []
    for (const one of lifecycleMap().get(first) ?? []) {
      for (const two of lifecycleMap().get(one.to) ?? []) {
        for (const three of lifecycleMap().get(two.to) ?? []) {
          const simple = new Set([first, one.to, two.to, three.to]).size === 4
          const path = [one.move, two.move, three.move].join(' ')
          if (simple && !beginnings.has(path)) missing.push(path)
        }
      }
    }
    expect(missing).toEqual([])
  })

  it('are short, and none only begins another', () => {
    expect(paths).toHaveLength(676)
    expect(Math.max(...paths.map(({ length }) => length))).toBe(13)
    const texts = paths.map((path) => `${path.join(' ')} `)
    expect(texts.filter((text) => texts.some((other) => other !== text && other.startsWith(text)))).toEqual([])
  })

  it('that are not of the model are turned down', () => {
    const runner = { describe: (_: string, body: () => void) => body(), it: () => undefined }
    const suite = () => testLifecycle({ provider: () => never(), paths: [['GRANT']], ...runner })
    expect(suite).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})

function never(): never {
  throw new Error('Nobody asks for it')
}
