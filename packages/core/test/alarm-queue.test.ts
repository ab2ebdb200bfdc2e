import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAlarmQueue, type AlarmQueue } from '../src/time/alarm-queue.ts'

// The same cases in every run (P16).
fc.configureGlobal({ seed: 20_260_302 })

function drain(queue: AlarmQueue, now = Number.POSITIVE_INFINITY): void {
  for (let run = queue.take(now); run !== undefined; run = queue.take(now)) run()
}

describe('an alarm queue', () => {
  it('gives alarms in order of their time, the earlier set first among equals', () => {
    const queue = createAlarmQueue()
    const fired: string[] = []
    for (const [name, at] of [
      ['c', 3],
      ['a1', 1],
      ['b', 2],
      ['a2', 1],
      ['a3', 1],
      ['zero', 0],
    ] as const) {
      queue.add(at, () => fired.push(name), false)
    }
    drain(queue)
    expect(fired).toEqual(['zero', 'a1', 'a2', 'a3', 'b', 'c'])
  })

  it('gives nothing before it is due', () => {
    const queue = createAlarmQueue()
    queue.add(10, () => undefined, false)
    expect(queue.take(9.999)).toBeUndefined()
    expect(queue.size).toBe(1)
    expect(queue.take(10)).toBeTypeOf('function')
    expect(queue.take(10)).toBeUndefined()
  })

  it('knows the earliest time, how many wait and how many hold', () => {
    const queue = createAlarmQueue()
    expect([queue.next(), queue.size, queue.held]).toEqual([undefined, 0, 0])
    const late = queue.add(20, () => undefined, true)
    const early = queue.add(10, () => undefined, false)
    expect([queue.next(), queue.size, queue.held]).toEqual([10, 2, 1])
    early[Symbol.dispose]()
    expect([queue.next(), queue.size, queue.held]).toEqual([20, 1, 1])
    late[Symbol.dispose]()
    expect([queue.next(), queue.size, queue.held]).toEqual([undefined, 0, 0])
  })

  it('forgets a cancelled alarm; a second disposal does nothing', () => {
    const queue = createAlarmQueue()
    const fired: string[] = []
    const cancelled = queue.add(1, () => fired.push('cancelled'), true)
    queue.add(2, () => fired.push('kept'), true)
    cancelled[Symbol.dispose]()
    cancelled[Symbol.dispose]()
    expect([queue.size, queue.held]).toEqual([1, 1])
    drain(queue)
    expect(fired).toEqual(['kept'])
  })

  it('does nothing when an alarm that has been taken is disposed', () => {
    const queue = createAlarmQueue()
    const taken = queue.add(1, () => undefined, true)
    queue.add(2, () => undefined, true)
    queue.take(1)
    taken[Symbol.dispose]()
    expect([queue.size, queue.held, queue.next()]).toEqual([1, 1, 2])
  })

  it('an alarm that sets or cancels others while it runs disturbs no order', () => {
    const queue = createAlarmQueue()
    const fired: string[] = []
    const doomed = queue.add(2, () => fired.push('doomed'), false)
    queue.add(3, () => fired.push('last'), false)
    queue.add(
      1,
      () => {
        fired.push('first')
        doomed[Symbol.dispose]()
        queue.add(2.5, () => fired.push('new'), false)
      },
      false,
    )
    drain(queue)
    expect(fired).toEqual(['first', 'new', 'last'])
  })

  it('keeps its order while it clears out thousands of cancelled alarms', () => {
    const queue = createAlarmQueue()
    const alarms = Array.from({ length: 4_000 }, (_, index) => queue.add(index, () => undefined, false))
    for (const [index, alarm] of alarms.entries()) if (index % 4 !== 0) alarm[Symbol.dispose]()
    expect([queue.size, queue.next()]).toEqual([1_000, 0])
    const times: number[] = []
    for (let next = queue.next(); next !== undefined; next = queue.next()) {
      times.push(next)
      queue.take(next)
    }
    expect(times).toEqual(Array.from({ length: 1_000 }, (_, index) => index * 4))
  })

  it('keeps its order while it clears out the earliest of many, set in no order', () => {
    const queue = createAlarmQueue()
    // 73 and 199 have no common divisor, so each time comes once.
    const times = Array.from({ length: 199 }, (_, index) => (index * 73) % 199)
    const alarms = times.map((at) => ({ at, handle: queue.add(at, () => undefined, false) }))
    for (const { at, handle } of alarms) if (at < 150) handle[Symbol.dispose]()
    const left: number[] = []
    for (let next = queue.next(); next !== undefined; next = queue.next()) {
      left.push(next)
      queue.take(next)
    }
    expect(left).toEqual(Array.from({ length: 49 }, (_, index) => 150 + index))
  })
})

interface Model {
  readonly name: number
  readonly at: number
  readonly hold: boolean
}

type Move =
  | { readonly type: 'add'; readonly at: number; readonly hold: boolean }
  | { readonly type: 'cancel'; readonly which: number }
  | { readonly type: 'take'; readonly now: number }

// Few different times, so that many are equal; and many more alarms than it takes to compact the heap.
const aTime = fc.integer({ min: 0, max: 30 })
const aMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('add' as const), at: aTime, hold: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('take' as const), now: aTime }) },
)

describe('beside a sorted list', () => {
  it('an alarm queue gives the same alarms in the same order', () => {
    fc.assert(
      fc.property(fc.array(aMove, { maxLength: 600, size: 'max' }), (moves) => {
        const queue = createAlarmQueue()
        const handles: Disposable[] = []
        let list: Model[] = []
        let fired: number | undefined
        for (const move of moves) {
          if (move.type === 'add') {
            const name = handles.length
            handles.push(queue.add(move.at, () => (fired = name), move.hold))
            list = [...list, { name, ...move }].toSorted((a, b) => a.at - b.at || a.name - b.name)
          } else if (move.type === 'cancel') {
            const name = move.which % Math.max(1, handles.length)
            handles[name]?.[Symbol.dispose]()
            list = list.filter((alarm) => alarm.name !== name)
          } else {
            fired = undefined
            queue.take(move.now)?.()
            const expected = list[0] !== undefined && list[0].at <= move.now ? list[0].name : undefined
            expect(fired).toBe(expected)
            list = list.filter(({ name }) => name !== expected)
          }
          expect([queue.size, queue.held]).toEqual([list.length, list.filter(({ hold }) => hold).length])
          expect(queue.next()).toBe(list[0]?.at)
        }
        const rest: (number | undefined)[] = []
        for (let run = queue.take(99); run !== undefined; run = queue.take(99)) {
          run()
          rest.push(fired)
        }
        expect(rest).toEqual(list.map(({ name }) => name))
      }),
      // Shrinking so long a story takes minutes.
      { numRuns: 60, endOnFailure: true },
    )
  })
})
