import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** First the file that saw the last mutant, then the tests of single files: what was seen once needs no further tests. */
class LikelyFirst extends BaseSequencer {
  override async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const sawTheLast = (test: TestSpecification) => Number(this.ctx.cache.getTestSpecificationResult(test)?.failed ?? 0)
    const depth = ({ moduleId }: TestSpecification) => moduleId.split('/').length
    return tests.toSorted((a, b) => sawTheLast(b) - sawTheLast(a) || depth(a) - depth(b))
  }
}

/** The tests that mutants are run against: those of core, without what looks at bundles or processes, or takes long. */
export default defineConfig({
  // By path, since the links in node_modules lead out of the copy in which the mutants live.
  resolve: {
    alias: {
      '@evergrant/core': `${packages}/core/src/index.ts`,
      '@evergrant/testing': `${packages}/testing/src/index.ts`,
    },
  },
  test: {
    root: `${packages}/core`,
    include: ['test/**/*.test.ts'],
    exclude: ['test/bundle.test.ts', 'test/system-clock-process.test.ts', 'test/properties/**', 'test/endurance/**'],
    // Core keeps nothing in a module that a test could leave behind, and one worker is five times faster than one a file.
    isolate: false,
    // Ends what hangs: a machine with mutants to run is busy.
    testTimeout: 60_000,
    sequence: { sequencer: LikelyFirst },
  },
})
