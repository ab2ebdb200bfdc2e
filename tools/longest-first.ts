import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest, the longest first. The tour, processes and servers wait more than they compute, so others run beside them. */
const LONGEST: readonly RegExp[] = [
  /examples\/test\/tour\./,
  /keeper\/test\/cluster\//,
  /examples\/test\/keeper-cluster/,
  /documents\/programs\./,
  /adapters\/test\/processes\//,
  /cli\/test\/(?:tutorial\.|packed|processes)/,
  /adapters\/test\/(?:keyring|browser)/,
  /testing\/test\/simulation\/seeds/,
  /adapters\/test\/(?:file-processes|canaries\/)/,
  /adapters\/test\/(?:redis|postgres)/,
  /\/lifecycle[./]/,
  /adapters\/test\/(?:unstorage|encrypted)\.test/,
  /canaries\.test/,
  /testing\/test\//,
]

/**
 * Begins with the longest, so that no worker is left alone with one of them at the end. The others stay in the order of their
 * projects: a worker that files may share goes on only with a file of the same project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((pattern) => pattern.test(moduleId))
      return found < 0 ? LONGEST.length : found
    }
    return tests.toSorted((a, b) => place(a) - place(b))
  }
}
