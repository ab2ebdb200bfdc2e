import { readFile } from 'node:fs/promises'
import { isEvergrantError } from '@evergrant/core'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 5)

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not reject'),
    (error: unknown) => error,
  )
}

describe('the lines of time', () => {
  it('starts at a fixed date, with the wall clock right and monotonic time at zero', () => {
    const clock = new VirtualClock()
    expect(clock.time).toBe(Date.UTC(2026, 2, 2, 14, 30))
    expect(clock.now()).toBe(clock.time)
    expect(clock.monotonic()).toBe(0)
  })

  it('P15 skews the wall clock only, never the time of the server', async () => {
    const clock = new VirtualClock({ now: START, skew: 7_200_000 })
    await clock.advance(1_000)
    expect(clock.time).toBe(START + 1_000)
    expect(clock.server.now()).toBe(START + 1_000)
    expect(clock.now()).toBe(START + 7_201_000)
    expect(clock.skew).toBe(7_200_000)
    expect(clock.monotonic()).toBe(1_000)
    expect(clock.server.monotonic()).toBe(1_000)
  })

  it('P15 setting the wall clock back and forward moves neither true nor monotonic time', async () => {
    const clock = new VirtualClock({ now: START })
    await clock.advance(5_000)
    clock.setBack(60_000)
    expect(clock.now()).toBe(START - 55_000)
    clock.setForward(3_660_000)
    expect(clock.now()).toBe(START + 3_605_000)
    expect(clock.time).toBe(START + 5_000)
    expect(clock.monotonic()).toBe(5_000)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('refuses to move by %s ms', async (ms) => {
    const clock = new VirtualClock()
    expect(isEvergrantError(await failureOf(clock.advance(ms)), 'invalid-options')).toBe(true)
    expect(() => clock.sleep(ms)).toThrow(/ms:/)
    expect(() => clock.setBack(ms)).toThrow(/ms:/)
    expect(() => clock.setForward(ms)).toThrow(/ms:/)
    expect(clock.monotonic()).toBe(0)
  })

  it('refuses a start and an alarm that are no times', () => {
    expect(() => new VirtualClock({ now: Number.NaN })).toThrow(/now:/)
    expect(() => new VirtualClock({ skew: Number.POSITIVE_INFINITY })).toThrow(/skew:/)
    expect(() => new VirtualClock().alarm(Number.NaN, () => undefined)).toThrow(/at:/)
  })
})

describe('alarms', () => {
  it('fire in order of their time, then of arming, each at its own time', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const note = (name: string) => () => void fired.push(`${name}@${clock.monotonic()}`)
    clock.alarm(300, note('late'))
    clock.alarm(100, note('first'))
    clock.alarm(100, note('second'))
    clock.alarm(200, note('middle'))
    await clock.advance(250)
    expect(fired).toEqual(['first@100', 'second@100', 'middle@200'])
    expect(clock.monotonic()).toBe(250)
    await clock.advance(50)
    expect(fired.at(-1)).toBe('late@300')
  })

  it('keep their order over many, with half of them disposed', async () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const kept: number[] = []
    let seed = 7
    const alarms = Array.from({ length: 5_000 }, (_, index) => {
      seed = (seed * 48_271) % 2_147_483_647
      const at = seed % 1_000
      if (index % 2 === 0) kept.push(at)
      return clock.alarm(at, () => void fired.push(at))
    })
    for (const [index, alarm] of alarms.entries()) if (index % 2 === 1) alarm[Symbol.dispose]()
    expect(clock.pending).toBe(2_500)
    await clock.advance(1_000)
    expect(fired).toEqual(kept.toSorted((a, b) => a - b))
    expect(clock.pending).toBe(0)
  })

  it('let what they set off finish before the next one fires', async () => {
    const clock = new VirtualClock()
    const story: string[] = []
    clock.alarm(100, () => {
      void (async () => {
        for (let step = 0; step < 50; step += 1) await Promise.resolve()
        story.push(`chain@${clock.monotonic()}`)
        clock.alarm(clock.monotonic() + 10, () => void story.push(`armed later@${clock.monotonic()}`))
      })()
    })
    clock.alarm(105, () => void story.push(`next@${clock.monotonic()}`))
    await clock.advance(200)
    expect(story).toEqual(['chain@100', 'next@105', 'armed later@110'])
  })

  it('let a request to the fake finish, body and all, before time moves on', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    let answeredAt: number | null = null
    clock.alarm(1_000, () => {
      void (async () => {
        const response = await fake.fetch('https://api.invalid/', { headers: { 'user-agent': 'test/1.0' } })
        await response.json()
        answeredAt = clock.monotonic()
      })()
    })
    await clock.advance(5_000)
    expect(answeredAt).toBe(1_000)
  })

  it('never fire synchronously, and need nobody to advance when they are due already', async () => {
    const clock = new VirtualClock()
    let count = 0
    await new Promise<void>((resolve) => {
      clock.alarm(0, () => void (count += 1))
      clock.alarm(-50, () => void (count += 1))
      clock.alarm(0, resolve)
      expect(count).toBe(0)
    })
    expect(count).toBe(2)
    expect(clock.monotonic()).toBe(0)
  })

  it('that are due already fire one in each turn if nobody advances', async () => {
    const clock = new VirtualClock()
    const story: string[] = []
    await new Promise<void>((resolve) => {
      clock.alarm(0, () => void setImmediate(() => story.push('a turn later')))
      clock.alarm(0, () => {
        story.push('second')
        resolve()
      })
    })
    expect(story).toEqual(['a turn later', 'second'])
  })

  it('fire once due although an advance was under way when they were armed', async () => {
    const clock = new VirtualClock()
    let fired = false
    clock.alarm(10, () => void clock.alarm(10, () => void (fired = true)))
    await clock.advanceUntil(() => clock.monotonic() === 10)
    await new Promise<void>((resolve) => void clock.alarm(10, resolve))
    expect(fired).toBe(true)
  })

  it('that fall due during an advance wait for one another to finish, as all others do', async () => {
    const clock = new VirtualClock()
    const story: string[] = []
    clock.alarm(10, () => {
      clock.alarm(10, () => void setImmediate(() => setImmediate(() => story.push('first, two turns later'))))
      clock.alarm(10, () => void story.push('second'))
    })
    await clock.advance(20)
    expect(story).toEqual(['first, two turns later', 'second'])
  })

  it('do not fire once disposed, not even by an alarm of the same moment; a second disposal does nothing', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const doomed = clock.alarm(20, () => void fired.push('doomed'))
    clock.alarm(20, () => void fired.push('kept'))
    clock.alarm(10, () => doomed[Symbol.dispose]())
    await clock.advance(30)
    doomed[Symbol.dispose]()
    expect(fired).toEqual(['kept'])
    expect(clock.pending).toBe(0)
  })

  it('may lie any number of years away', async () => {
    const clock = new VirtualClock()
    const century = 36_525 * 86_400_000
    let firedAt: number | null = null
    clock.alarm(century, () => void (firedAt = clock.monotonic()))
    await clock.advance(century - 1)
    expect(firedAt).toBeNull()
    await clock.advance(1)
    expect(firedAt).toBe(century)
  })

  it('that throw do not keep the others from firing; the advance rejects with what they threw', async () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const fault = new Error('first')
    clock.alarm(10, () => {
      throw fault
    })
    clock.alarm(20, () => void fired.push(20))
    expect(await failureOf(clock.advance(30))).toBe(fault)
    expect(fired).toEqual([20])
    expect(clock.monotonic()).toBe(30)

    for (const name of ['second', 'third']) {
      clock.alarm(40, () => {
        throw new Error(name)
      })
    }
    const both = await failureOf(clock.advance(30))
    expect((both as AggregateError).errors.map(String)).toEqual(['Error: second', 'Error: third'])
    await expect(clock.advance(10)).resolves.toBeUndefined()
  })

  it('that re-arm themselves for the same moment for ever end in an error, not in a hang', async () => {
    const clock = new VirtualClock()
    let alive = true
    const again = () => {
      if (alive) clock.alarm(clock.monotonic(), again)
    }
    clock.alarm(5, again)
    const failure = await failureOf(clock.advance(10))
    alive = false
    expect(isEvergrantError(failure, 'wait-timeout')).toBe(true)
    expect(String(failure)).toContain('same moment')
  })

  it('are counted: those armed, those that hold the process, and the next', async () => {
    const clock = new VirtualClock()
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([0, 0, null])
    const held = clock.alarm(200, () => undefined, { hold: true })
    clock.alarm(100, () => undefined)
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([2, 1, 100])
    await clock.advance(100)
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([1, 1, 200])
    held[Symbol.dispose]()
    held[Symbol.dispose]()
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([0, 0, null])
  })

  it('of a server fire on the same line and are not counted as those of the machine', async () => {
    const clock = new VirtualClock()
    const story: string[] = []
    clock.server.alarm(50, () => void story.push('server'), { hold: true })
    const dropped = clock.server.alarm(70, () => void story.push('dropped'))
    clock.alarm(60, () => void story.push('machine'))
    expect([clock.pending, clock.held, clock.nextAt]).toEqual([1, 0, 50])
    dropped[Symbol.dispose]()
    dropped[Symbol.dispose]()
    await clock.advance(100)
    expect(story).toEqual(['server', 'machine'])
    expect(clock.pending).toBe(0)
  })
})

describe('sleep', () => {
  it('P15 moves both lines and fires nothing until the machine is awake; then what is overdue fires at the new time', async () => {
    const clock = new VirtualClock({ now: START })
    const fired: string[] = []
    clock.alarm(2_000, () => void fired.push(`two@${clock.monotonic()}`))
    clock.alarm(1_000, () => void fired.push(`one@${clock.monotonic()}`))
    clock.sleep(3_600_000)
    expect(clock.now()).toBe(START + 3_600_000)
    expect(clock.monotonic()).toBe(3_600_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(fired).toEqual([])
    expect(clock.pending).toBe(2)
    await clock.settle()
    expect(fired).toEqual(['one@3600000', 'two@3600000'])
    expect(clock.monotonic()).toBe(3_600_000)
  })

  it('ends in an advance that goes on from the new time', async () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    clock.alarm(1_000, () => void fired.push(clock.monotonic()))
    clock.sleep(5_000)
    clock.alarm(5_500, () => void fired.push(clock.monotonic()))
    await clock.advance(1_000)
    expect(fired).toEqual([5_000, 5_500])
    expect(clock.monotonic()).toBe(6_000)
  })
})

describe('moving', () => {
  it('two advances at once run one after the other', async () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    for (const at of [10, 20, 30]) clock.alarm(at, () => void fired.push(clock.monotonic()))
    await Promise.all([clock.advance(15), clock.advance(15)])
    expect(fired).toEqual([10, 20, 30])
    expect(clock.monotonic()).toBe(30)
  })

  it('to the next alarm fires all of that time and no other', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    clock.alarm(40, () => void fired.push('a'))
    clock.alarm(40, () => void fired.push('b'))
    clock.alarm(41, () => void fired.push('c'))
    await clock.advanceToNext()
    expect(fired).toEqual(['a', 'b'])
    expect(clock.monotonic()).toBe(40)
  })

  it('to the next alarm stands still if there is none, or only one that never comes', async () => {
    const clock = new VirtualClock()
    await clock.advanceToNext()
    clock.alarm(Number.POSITIVE_INFINITY, () => undefined)
    await clock.advanceToNext()
    expect(clock.monotonic()).toBe(0)
  })

  it('until a condition stops at the very alarm that brings it about', async () => {
    const clock = new VirtualClock()
    let ticks = 0
    const tick = () => {
      ticks += 1
      clock.alarm(clock.monotonic() + 100, tick)
    }
    clock.alarm(100, tick)
    await clock.advanceUntil(() => ticks === 7)
    expect(clock.monotonic()).toBe(700)
    await clock.advanceUntil(async () => Promise.resolve(true))
    expect(clock.monotonic()).toBe(700)
  })

  it('until a condition gives up when no alarm is left', async () => {
    const clock = new VirtualClock()
    clock.alarm(100, () => undefined)
    const failure = await failureOf(clock.advanceUntil(() => false))
    expect(failure).toMatchObject({ code: 'wait-timeout', details: { waited: 100 } })
    expect(String(failure)).toContain('no alarm is armed')
  })

  it('until a condition gives up at the limit, and goes no further', async () => {
    const clock = new VirtualClock()
    const tick = () => void clock.alarm(clock.monotonic() + 100, tick)
    clock.alarm(100, tick)
    const failure = await failureOf(clock.advanceUntil(() => false, { limit: 1_050 }))
    expect(failure).toMatchObject({ code: 'wait-timeout', details: { waited: 1_000 } })
    expect(String(failure)).toContain('limit of 1050 ms')
    expect(clock.monotonic()).toBe(1_000)
  })

  it('not at all, but waiting for work on real files', async () => {
    const clock = new VirtualClock()
    let read = 0
    void readFile(new URL(import.meta.url)).then((content) => (read = content.length))
    await clock.settleUntil(() => read > 0)
    expect(read).toBeGreaterThan(0)
    expect(clock.monotonic()).toBe(0)
  })
})

describe('patience', () => {
  afterEach(() => vi.restoreAllMocks())

  it('with the real event loop ends after ten seconds', async () => {
    const clock = new VirtualClock()
    let looks = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (looks += 1) * 4_000)
    let asked = 0
    const failure = await failureOf(clock.settleUntil(() => (asked += 1) < 0))
    expect(failure).toMatchObject({ code: 'wait-timeout', details: { waited: 12_000 } })
    expect(asked).toBe(3)
  })

  it('with work outside ends after ten seconds too, and time goes on without it', async () => {
    const clock = new VirtualClock()
    void clock.during(new Promise(() => undefined))
    let looks = 0
    const look = vi.spyOn(performance, 'now').mockImplementation(() => (looks += 1) * 4_000)
    await clock.advance(5)
    expect(clock.monotonic()).toBe(5)
    expect(look).toHaveBeenCalledTimes(4)
  })
})

describe('the event loop', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('turns through a message port where there is no setImmediate', async () => {
    vi.stubGlobal('setImmediate', undefined)
    vi.resetModules()
    const { VirtualClock: PortableClock } = await import('@evergrant/testing')
    const clock = new PortableClock()
    const fired: number[] = []
    clock.alarm(0, () => void fired.push(0))
    clock.alarm(50, () => void fired.push(50))
    await clock.advance(100)
    expect(fired).toEqual([0, 50])
  })
})

describe('the end of a turn', () => {
  it('comes by itself, once', async () => {
    const clock = new VirtualClock()
    let ends = 0
    clock.endOfTurn(() => void (ends += 1))
    await Promise.resolve()
    expect(ends).toBe(0)
    await clock.settle()
    expect(ends).toBe(1)
    await clock.settle()
    expect(ends).toBe(1)
  })

  it.each(['sleep', 'setBack', 'setForward'] as const)('comes before time jumps by %s, once', (jump) => {
    const clock = new VirtualClock()
    const seen: number[] = []
    clock.endOfTurn(() => void seen.push(clock.now()))
    const before = clock.now()
    clock[jump](1_000)
    clock[jump](1_000)
    expect(seen).toEqual([before])
  })
})

describe('work outside', () => {
  /** So many turns of the real event loop, which move no virtual time. */
  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  it('holds virtual time while it is under way, and gives what it was given', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    clock.alarm(10, () => {
      const begun = clock.monotonic()
      const work = turns(50).then(() => 'done')
      void clock.during(work).then((said) => seen.push(begun, clock.monotonic(), said.length))
    })
    clock.alarm(20, () => seen.push(-1))
    await clock.advance(100)
    expect(seen).toEqual([10, 10, 4, -1])
  })

  it('holds it through a chain of such work', async () => {
    const clock = new VirtualClock()
    const hop = () => clock.during(turns(2))
    let hops = 0
    clock.alarm(10, () => {
      const chain = async () => {
        for (; hops < 50; hops += 1) await hop()
      }
      void chain()
    })
    clock.alarm(11, () => expect(hops).toBe(50))
    await clock.advance(20)
    expect(hops).toBe(50)
  })

  it('rejects as the work does, and holds nothing then', async () => {
    const clock = new VirtualClock()
    await expect(clock.during(Promise.reject(new Error('in vain')))).rejects.toThrow('in vain')
    await clock.advance(5)
    expect(clock.monotonic()).toBe(5)
  })
})
