import type { CanaryRunner } from '@evergrant/testing'

const EVERY = 4

/** All that a server repeats; of what an API or a store does, which the walks of others show whole, a quarter. */
export function keeperPaths({ describe, it }: CanaryRunner): CanaryRunner {
  let others = 0
  return {
    describe,
    it(name, body) {
      const repeats = /repeats|tells all/.test(name)
      if (!repeats) others += 1
      return repeats || others % EVERY === 1 ? it(name, body) : undefined
    },
  }
}
