import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * By project and path. The tour, clusters and processes wait more than they compute, so they come beside what computes, and early: then no worker
 * is left alone with one of them at the end. Otherwise those of a project stand together, for a worker that files share goes
 * on only with a file of the same project, and to begin anew takes seconds.
 */
const ORDER: readonly RegExp[] = [
  /^examples .*\/tour\./,
  /^testing .*\/simulation\/seeds/,
  /^examples .*\/keeper-cluster\./,
  /^testing .*\/(?:documents\/programs|bench)\./,
  /^testing .*\/test\/.*(?:sabotage|lifecycle|canaries)/,
  /^testing /,
  /^cli .*\/test\/(?:tutorial\.|packed|.*processes)/,
  /^cli /,
  /^examples /,
  /^keeper .*\/cluster\//,
  /^keeper /,
  /^adapters-alone /,
  /^adapters .*\/canaries\/process\./,
  /^adapters .*\/test\/(?:processes|browser)\//,
  /^adapters .*\/(?:redis|postgres)\/network\./,
  /^adapters .*\/test\/.*(?:processes|lifecycle|canaries)/,
  /^adapters .*\/(?:unstorage|encrypted)\.test/,
  /^adapters /,
  /^core .*\/endurance\//,
]

export class LongestFirst extends BaseSequencer {
  override async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project, moduleId }: TestSpecification) => {
      const found = ORDER.findIndex((pattern) => pattern.test(`${project.name} ${moduleId}`))
      return found < 0 ? ORDER.length : found
    }
    return tests.toSorted((a, b) => place(a) - place(b))
  }
}
