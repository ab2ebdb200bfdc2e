/** Random numbers that a name and a seed decide: the same for ever, and each name's independent of the others'. */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  /** True with this probability. */
  happens(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
}

/**
 * One stream of random numbers. Whoever has a stream of its own keeps its story when something else is left out of a
 * run, which is what lets a failure be shrunk.
 */
export function chance(seed: number, name: string): Chance {
  let state = hash(name, seed)
  const next = (): number => {
    // Mulberry32: small, fast, and good enough to spread faults.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    whole,
    happens: (probability) => next() < probability,
    pick: (list) => list[whole(0, list.length - 1)] ?? list[0],
  }
}

// FNV-1a over the name, begun from the seed.
function hash(name: string, seed: number): number {
  let state = (2_166_136_261 ^ Math.imul(seed >>> 0, 2_654_435_761)) >>> 0
  for (let index = 0; index < name.length; index += 1) {
    state = Math.imul(state ^ name.charCodeAt(index), 16_777_619) >>> 0
  }
  return state
}
