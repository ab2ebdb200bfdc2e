import type { CanaryRunner } from '@evergrant/testing'

/** What a token server repeats, and what a store does, reaches an HTTP client only as the error of a session. */
const EVERY = 3

/** For HTTP clients: all faults, which the API has as well, and a third of the rest. All are walked with `fetch` and ky. */
export function clientPaths({ describe, it }: CanaryRunner): CanaryRunner {
  let others = 0
  return {
    describe,
    it(name, body) {
      const isOfApi = name.startsWith('P11 in the fault')
      if (!isOfApi) others += 1
      return isOfApi || others % EVERY === 1 ? it(name, body) : undefined
    },
  }
}
