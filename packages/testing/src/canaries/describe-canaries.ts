import { failurePaths } from './failure-paths.ts'
import { walkFailure } from './failure-walk.ts'
import { CanaryFoundError } from './find-canaries.ts'
import type { CanaryPlace, CanarySubject } from './world.ts'

export interface CanaryRunner {
  /** `describe` of the test runner. */
  readonly describe: (name: string, body: () => void) => unknown
  /** `it` or `test` of the test runner. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/**
 * A suite that shows that no secret leaves (P11), for a provider, a store or an HTTP adapter of your own:
 *
 * ```ts
 * import { describe, it } from 'vitest' // or 'node:test'
 * describeCanaries('my provider', { provider: ({ fetch, baseUrl }) => myProvider({ fetch, baseUrl }) }, { describe, it })
 * ```
 *
 * Each case leads a session with these parts through one failure, on a virtual clock and a fake server, and fails with
 * {@link CanaryFoundError} if a secret can be read afterwards in anything that a program, a log or a tool could see. It
 * also fails if the session gets no token once the failure is mended, since then little was shown.
 */
export function describeCanaries<Place extends CanaryPlace>(
  name: string,
  subject: CanarySubject<Place>,
  { describe, it }: CanaryRunner,
): void {
  describe(`P11 no secret leaves: ${name}`, () => {
    for (const path of failurePaths(subject)) {
      it(`P11 in ${path.name}`, async () => {
        const { findings } = await walkFailure(path, subject)
        if (findings.length > 0) throw new CanaryFoundError(findings)
      })
    }
  })
}
