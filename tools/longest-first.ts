import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The tour, clusters and processes wait more than they compute, so they come beside what computes, and early: then no worker
 * is left alone with one of them at the end. Otherwise those of a project stand together, for a worker that files share goes
 * on only with a file of the same project, and to begin anew takes seconds.
 */
const ORDER: readonly RegExp[] = [
  /examples\/test\/tour\./,
  /testing\/test\/simulation\/seeds/,
  /examples\/test\/keeper-cluster\./,
  /testing\/test\/(?:documents\/programs|bench)\./,
  /testing\/test\/.*(?:sabotage|lifecycle|canaries)/,
  /testing\/test\//,
  /cli\/test\/(?:tutorial\.|packed|.*processes)/,
  /cli\/test\//,
  /examples\/test\//,
  /keeper\/test\/cluster\//,
  /keeper\/test\//,
  /adapters\/test\/(?:keyring|axios-browser|undici|opentelemetry|ui\/)/,
  /adapters\/test\/canaries\/process\./,
  /adapters\/test\/(?:processes|browser)\//,
  /adapters\/test\/(?:redis|postgres)\/network\./,
  /adapters\/test\/.*(?:processes|lifecycle|canaries)/,
  /adapters\/test\/(?:unstorage|encrypted)\.test/,
  /adapters\/test\//,
  /core\/test\/endurance\//,
]

export class LongestFirst extends BaseSequencer {
  override async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = ORDER.findIndex((pattern) => pattern.test(moduleId))
      return found < 0 ? ORDER.length : found
    }
    return tests.toSorted((a, b) => place(a) - place(b))
  }
}
