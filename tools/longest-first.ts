import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * What takes longest. The tour, processes and servers wait more than they compute, so they stand between those that compute:
 * with one of them at a time, the processors are busy. Otherwise those of a project stand together: a worker that files may
 * share goes on only with a file of the same project.
 */
const LONGEST: readonly RegExp[] = [
  /examples\/test\/tour\./,
  /testing\/test\/simulation\/seeds/,
  /examples\/test\/keeper-cluster\./,
  /testing\/test\/(?:documents\/programs|bench)\./,
  /adapters\/test\/canaries\/process\./,
  /cli\/test\/(?:tutorial\.|packed|processes)/,
  /keeper\/test\/cluster\//,
  /testing\/test\/.*(?:sabotage|lifecycle|canaries)/,
  /adapters\/test\/(?:redis|postgres)\/network\./,
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
