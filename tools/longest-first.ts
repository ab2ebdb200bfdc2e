import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * What takes longest. The tour, processes and servers wait more than they compute, so they come first and others run beside
 * them. Those of a project stand together: a worker that files may share goes on only with a file of the same project.
 */
const LONGEST: readonly RegExp[] = [
  /examples\/test\/(?:tour|keeper-cluster)\./,
  /keeper\/test\/cluster\//,
  /cli\/test\/(?:tutorial\.|packed|processes)/,
  /documents\/programs\./,
  /testing\/test\/(?:simulation\/seeds|bench)/,
  /testing\/test\/.*(?:lifecycle|canaries)/,
  /adapters\/test\/(?:keyring|browser|axios-)/,
  /adapters\/test\/processes\//,
  /adapters\/test\/(?:file-processes|canaries\/)/,
  /adapters\/test\/(?:redis|postgres)/,
  /adapters\/test\/.*(?:lifecycle|canaries)\.test/,
  /adapters\/test\/(?:unstorage|encrypted)\.test/,
  /core\/test\/endurance\//,
]

/** Begins with the longest, so that no worker is left alone with one of them at the end. The others stay in the order of their projects. */
export class LongestFirst extends BaseSequencer {
  override async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((pattern) => pattern.test(moduleId))
      return found < 0 ? LONGEST.length : found
    }
    return tests.toSorted((a, b) => place(a) - place(b))
  }
}
