import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { LongestFirst } from './tools/longest-first.ts'
import { keepTemporaryFilesInMemory } from './tools/memory-disk.ts'
import { testsLeftOut } from './tools/services/left-out.ts'

// Tests import the packages by name; the condition makes that their source, so no build comes first.
const conditions = ['@evergrant/source', 'node', 'development']
// For what is tested in a document: what frameworks ship for browsers.
const inDocument = ['@evergrant/source', 'module', 'browser', 'development']

// Ends a test that hangs; one that is only slow, on a machine that is busy, has not failed.
const PATIENCE = 30_000

// Each takes a processor while it starts, and then it waits.
const PROGRAMS_AT_ONCE = 3

// Adapters talk to real servers, and so do programs in the documents.
const startServices = fileURLToPath(new URL('tools/services/start.ts', import.meta.url))

// A worker for each file costs a third of the time, so files share one unless something in them is of the whole process: a
// connection that a library keeps, a document, a dispatcher or a provider that is set for all.
const ALONE = ['test/{keyring*,axios-browser,undici*,opentelemetry}.test.ts', 'test/{ui,undici}/**/*.test.ts']

keepTemporaryFilesInMemory()

// What is compiled once takes half the time to start again. Many programs have paths of one run only, so it goes with the run.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'evergrant-compiled')

// See tools/unlikely-chance.ts.
const CHANCE =
  process.env['EVERGRANT_CHANCE'] === 'unlikely'
    ? [`--import=${new URL('tools/unlikely-chance.ts', import.meta.url)}`]
    : []

const leftOut = [...configDefaults.exclude, ...testsLeftOut()]

function project(root: string, test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: { name: basename(root), root, include: ['test/**/*.test.ts'], testTimeout: PATIENCE, ...test },
  }
}

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  resolve: { conditions: inDocument },
  ssr: { resolve: { conditions } },
  test: {
    sequence: { sequencer: LongestFirst },
    // One more than there are processors, for a file that waits for processes of its own. With two more, each file takes a
    // seventh more of the processor's time, since all share its caches.
    maxWorkers: availableParallelism() + 1,
    // Collecting the young generation seldom saves a twentieth of the time; more than this, and the caches lose it again.
    execArgv: ['--min-semi-space-size=32', '--max-semi-space-size=32', ...CHANCE],
    // Else Node would load them, with its own conditions.
    server: { deps: { inline: ['solid-js', 'svelte'] } },
    projects: [
      ...['packages/core', 'packages/cli'].map((root) => project(root, { isolate: false })),
      project('packages/testing', { isolate: false, maxConcurrency: PROGRAMS_AT_ONCE, globalSetup: [startServices] }),
      project('packages/adapters', { isolate: false, exclude: [...leftOut, ...ALONE], globalSetup: [startServices] }),
      project('packages/adapters', {
        name: 'adapters-alone',
        include: ALONE,
        exclude: leftOut,
        isolate: true,
        globalSetup: [startServices],
      }),
      project('packages/keeper', { isolate: false, globalSetup: [startServices] }),
      project('examples', { isolate: true, globalSetup: [startServices] }),
    ],
  },
})
