import { invalidOptions } from '@evergrant/core'
import { fakeLifecycleServer } from './fake-server.ts'
import { lifecyclePaths, transitionOfStates, type LifecyclePath } from './paths.ts'
import type { SceneParts } from './scene.ts'
import type { CreateLifecycleServer } from './server.ts'
import { stepsOf } from './steps.ts'
import { walkPath } from './walk.ts'

export interface LifecycleOptions extends Omit<SceneParts, 'server'> {
  /** Names the suite. Default `a session`. */
  readonly name?: string
  /** The server whose moves the paths are made of. Default: a fake tastytrade. */
  readonly server?: CreateLifecycleServer
  /** Default `lifecyclePaths({ simple: 3 })`. */
  readonly paths?: readonly LifecyclePath[]
  /** `describe` of the test runner. Default: the global one, where the runner has it. */
  readonly describe?: (name: string, body: () => void) => unknown
  /** `it` or `test` of the test runner. Default: the global one. */
  readonly it?: (name: string, body: () => Promise<void>) => unknown
}

const SIMPLE_MOVES = 3

/**
 * Walks a session of your parts along the paths of {@link lifecycleModel}, as a suite for the test runner of your choice:
 *
 * ```ts
 * testLifecycle({
 *   provider: ({ fetch, baseUrl }) => tastytrade({ fetch, baseUrl }),
 *   store: () => memoryStore(),
 * })
 * ```
 *
 * `provider` and `store` are called anew for each path. A provider has to send all its requests through the `fetch` that
 * it is given. After each step it is checked from outside that the session is where the model says, that just the
 * requests have reached the server that the model says, and what the promises P1, P4 to P7, P12 and P14 say at any time; at
 * the end of each path that a token comes once all trouble is over. Time is virtual, and nothing sleeps. A case fails
 * with the moves that led there.
 *
 * Throws `invalid-options` where the runner has no global `describe` and `it` and none are given, or for a path that the
 * model does not know.
 */
export function testLifecycle(options: LifecycleOptions): void {
  const { name = 'a session', provider, store, call, server = fakeLifecycleServer } = options
  const describe = options.describe ?? runners('describe')
  const it = options.it ?? runners('it')
  const paths = options.paths ?? lifecyclePaths({ simple: SIMPLE_MOVES })
  describe(`the lifecycle of ${name}`, () => {
    for (const [ending, group] of byEnding(paths)) {
      it(`${ending} (paths: ${group.length})`, async () => {
        for (const path of group) await walkPath(path, { provider, store, call, server })
      })
    }
  })
}

/** By the last step of each, e.g. `valid –REFUSED→ refreshing`. */
function byEnding(paths: readonly LifecyclePath[]): Map<string, LifecyclePath[]> {
  const groups = new Map<string, LifecyclePath[]>()
  for (const path of paths) {
    const ending = endingOf(path)
    groups.set(ending, [...(groups.get(ending) ?? []), path])
  }
  return groups
}

function endingOf(path: LifecyclePath): string {
  const last = stepsOf(path).at(-1)
  return last === undefined ? 'nothing happens' : transitionOfStates(last)
}

/** Of the test runner, where it has it as a global. */
function runners<Name extends 'describe' | 'it'>(name: Name): NonNullable<LifecycleOptions[Name]> {
  const found = (globalThis as { readonly describe?: unknown; readonly it?: unknown })[name]
  if (typeof found === 'function') return found as NonNullable<LifecycleOptions[Name]>
  throw invalidOptions(name, 'missing, and the test runner has no global one', `Pass ${name} of your test runner.`)
}
