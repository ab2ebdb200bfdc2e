import type { CanaryRunner } from '@evergrant/testing'
import { whole } from '../../../../tools/extent.ts'

/** Each walks what is its own matter, and one share of the rest. */
const PROVIDERS = ['oauth2', 'keeper', 'tastytrade-legacy'] as const
const EVERY = 6

/**
 * Each way in which something fails is walked with tastytrade, ky and `fetch`. Another client or provider walks all that are its
 * own matter, and a share of those that others show already, each another one; all, where everything is done at full length.
 */
function sharing({ describe, it }: CanaryRunner, isItsOwn: (name: string) => boolean, first: number): CanaryRunner {
  let others = 0
  return {
    describe,
    it(name, body) {
      if (whole || isItsOwn(name)) return it(name, body)
      others += 1
      return others % EVERY === first ? it(name, body) : undefined
    },
  }
}

/** What a token server repeats, and what a store does, reaches an HTTP client only as the error of a session. */
export function clientPaths(runner: CanaryRunner): CanaryRunner {
  return sharing(runner, (name) => /fault (?:api|slow|never|connection|lost|truncated|stalls|redirect)/.test(name), 0)
}

/** What a server repeats is read by each provider in its own way. */
export function providerPaths(provider: (typeof PROVIDERS)[number], runner: CanaryRunner): CanaryRunner {
  return sharing(runner, (name) => /repeats|tells all/.test(name), 1 + PROVIDERS.indexOf(provider))
}
