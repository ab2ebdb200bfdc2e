import { combineLatest, filter, firstValueFrom, map, shareReplay, take, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { createBroadcast } from '../src/published/broadcast.ts'

/** A broadcast of numbers that remembers the present one, and what its listeners threw. */
function numbers(first = 0) {
  const state = { present: first }
  const faults: unknown[] = []
  const broadcast = createBroadcast<number>(
    (fault) => faults.push(fault),
    () => state.present,
  )
  const publish = (value: number) => {
    state.present = value
    broadcast.publish(value)
  }
  return { values: broadcast.values, publish, complete: () => broadcast.complete(), faults }
}

const throwing = (fault: unknown) => () => {
  throw fault
}

describe('a broadcast', () => {
  it('gives a subscriber the present value at once, however late it comes, and then each change', () => {
    const { values, publish } = numbers()
    const early: number[] = []
    values.subscribe((value) => early.push(value))
    publish(1)
    const late: number[] = []
    values.subscribe((value) => late.push(value))
    publish(2)
    expect([early, late]).toEqual([
      [0, 1, 2],
      [1, 2],
    ])
  })

  it('without a present value gives what comes from now on', () => {
    const broadcast = createBroadcast<number>(() => undefined)
    broadcast.publish(1)
    const seen: number[] = []
    broadcast.values.subscribe((value) => seen.push(value))
    broadcast.publish(2)
    expect(seen).toEqual([2])
  })

  it('reads the present value when somebody subscribes, and not before', () => {
    let reads = 0
    const { values } = createBroadcast<number>(
      () => undefined,
      () => (reads += 1),
    )
    const mapped = values.pipe(map((value) => value * 10))
    expect(reads).toBe(0)
    const seen: number[] = []
    mapped.subscribe((value) => seen.push(value))
    expect([reads, seen]).toEqual([1, [10]])
  })

  it('ends for all when it completes, and gives who comes later the present value and the end', () => {
    const { values, publish, complete } = numbers()
    const seen: (number | string)[] = []
    values.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('end') })
    complete()
    publish(5)
    expect(seen).toEqual([0, 'end'])
    const late: (number | string)[] = []
    values.subscribe({ next: (value) => late.push(value), complete: () => late.push('end') })
    expect(late).toEqual([5, 'end'])
  })

  it('ends also for who comes after it though nobody came before', () => {
    const { values, complete } = numbers(3)
    complete()
    const late: (number | string)[] = []
    values.subscribe({ next: (value) => late.push(value), complete: () => late.push('end') })
    expect(late).toEqual([3, 'end'])
  })

  it('tells nobody who has left', () => {
    const { values, publish } = numbers()
    const seen: number[] = []
    values.subscribe((value) => seen.push(value)).unsubscribe()
    publish(1)
    expect(seen).toEqual([0])
  })

  it('takes subscribers in every form that RxJS does', () => {
    const { values, publish, complete, faults } = numbers()
    const seen: string[] = []
    const observer = {
      name: 'observer',
      next(this: { name: string }, value: number) {
        seen.push(`${this.name} ${value}`)
      },
    }
    values.subscribe()
    values.subscribe(null)
    values.subscribe({})
    values.subscribe(observer)
    values.subscribe((value) => seen.push(`function ${value}`))
    values.subscribe({ complete: () => seen.push('end') })
    publish(1)
    complete()
    expect(seen).toEqual(['observer 0', 'function 0', 'observer 1', 'function 1', 'end'])
    expect(faults).toEqual([])
  })

  it('works as an async value', async () => {
    const { values, publish, complete } = numbers(3)
    expect(await firstValueFrom(values)).toBe(3)
    const all = firstValueFrom(values.pipe(toArray()))
    publish(4)
    complete()
    expect(await all).toEqual([3, 4])
  })
})

describe('a listener that throws', () => {
  it('P12 is reported, hurts nobody, and goes on listening', () => {
    const { values, publish, faults } = numbers()
    const fault = new Error('of a listener')
    const [before, after, own]: [number[], number[], number[]] = [[], [], []]
    values.subscribe((value) => before.push(value))
    values.subscribe((value) => {
      own.push(value)
      throw fault
    })
    values.subscribe((value) => after.push(value))
    publish(1)
    expect([before, own, after]).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ])
    expect(faults).toEqual([fault, fault])
  })

  it('P12 is reported also for the end', () => {
    const { values, complete, faults } = numbers()
    let ended = false
    values.subscribe({ complete: throwing('of the end') })
    values.subscribe({ complete: () => (ended = true) })
    complete()
    expect([ended, faults]).toEqual([true, ['of the end']])
  })

  it('P12 is reported behind operators too', () => {
    const { values, publish, faults } = numbers()
    const seen: number[] = []
    const derived = values.pipe(
      filter((value) => value > 0),
      map((value) => value * 10),
      take(5),
    )
    derived.subscribe(throwing('of a listener'))
    values.subscribe((value) => seen.push(value))
    publish(1)
    publish(2)
    expect([seen, faults]).toEqual([
      [0, 1, 2],
      ['of a listener', 'of a listener'],
    ])
  })

  it('P12 is reported behind an operator that shares', () => {
    const { values, publish, faults } = numbers()
    const shared = values.pipe(shareReplay({ bufferSize: 1, refCount: true }))
    const seen: number[] = []
    shared.subscribe(throwing('of a listener'))
    shared.subscribe((value) => seen.push(value))
    publish(1)
    expect([seen, faults]).toEqual([
      [0, 1],
      ['of a listener', 'of a listener'],
    ])
  })

  it.for([
    ['map', map<number, number>(throwing('of an operator'))],
    ['tap', tap<number>(throwing('of an operator'))],
    ['filter', filter<number>(throwing('of an operator'))],
  ] as const)('P12 within the operator %s ends its own pipe, and is reported', ([, operator]) => {
    const { values, publish, faults } = numbers()
    const [piped, seen]: [number[], number[]] = [[], []]
    values.pipe(operator).subscribe((value) => piped.push(value))
    values.subscribe((value) => seen.push(value))
    publish(1)
    expect([piped, seen, faults]).toEqual([[], [0, 1], ['of an operator']])
  })

  it('gets the errors of its pipe itself if it wants them', () => {
    const { values, faults } = numbers()
    const errors: unknown[] = []
    values.pipe(map(throwing('of an operator'))).subscribe({ error: (error) => errors.push(error) })
    expect([errors, faults]).toEqual([['of an operator'], []])
  })
})

describe('a listener that re-enters', () => {
  it('P12 may leave while it is told, and nobody misses anything', () => {
    const { values, publish, faults } = numbers()
    const [once, other]: [number[], number[]] = [[], []]
    const subscription = values.subscribe((value) => {
      once.push(value)
      if (value === 1) subscription.unsubscribe()
    })
    values.subscribe((value) => other.push(value))
    for (const value of [1, 2]) publish(value)
    expect([once, other, faults]).toEqual([[0, 1], [0, 1, 2], []])
  })

  it('P12 may subscribe again while it is told', () => {
    const { values, publish } = numbers()
    const nested: number[] = []
    values.pipe(filter((value) => value === 1)).subscribe(() => values.subscribe((value) => nested.push(value)))
    publish(1)
    publish(2)
    expect(nested).toEqual([1, 2])
  })

  it('P12 may end it while it is told', () => {
    const { values, publish, complete, faults } = numbers()
    const seen: (number | string)[] = []
    values.pipe(filter((value) => value === 1)).subscribe(() => complete())
    values.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('end') })
    publish(1)
    publish(2)
    expect(seen.at(-1)).toBe('end')
    expect(faults).toEqual([])
  })

  it('P12 may publish while it is told, and hears of that itself', () => {
    const { values, publish } = numbers()
    const seen: number[] = []
    values.subscribe((value) => {
      seen.push(value)
      if (value === 1) publish(2)
    })
    publish(1)
    expect(seen).toEqual([0, 1, 2])
  })
})

describe('several broadcasts', () => {
  it('go together', () => {
    const [a, b] = [numbers(1), numbers(10)]
    const sums: number[] = []
    combineLatest([a.values, b.values]).subscribe(([x, y]) => sums.push(x + y))
    a.publish(2)
    b.publish(20)
    expect(sums).toEqual([11, 12, 22])
  })
})

describe('an order that all see', () => {
  it('P12 a listener that publishes is heard after what it was told', () => {
    const { values, publish } = numbers()
    const seen: number[] = []
    values.subscribe((value) => {
      if (value === 1) publish(2)
    })
    values.subscribe((value) => seen.push(value))
    publish(1)
    expect(seen).toEqual([0, 1, 2])
  })

  it('P12 a listener that publishes while it is greeted hears of it', () => {
    const { values, publish } = numbers(1)
    const seen: number[] = []
    values.subscribe((value) => {
      seen.push(value)
      if (value === 1) publish(2)
    })
    expect(seen).toEqual([1, 2])
  })
})
