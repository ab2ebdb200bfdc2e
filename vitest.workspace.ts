import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './tools/longest-first.ts'
import { testsLeftOut } from './tools/services/left-out.ts'

// Tests import the packages by name; the condition makes that their source, so no build comes first.
const conditions = ['@evergrant/source', 'node', 'development']
// For what is tested in a document: what frameworks ship for browsers.
const inDocument = ['@evergrant/source', 'module', 'browser', 'development']

// Ends a test that hangs; one that is only slow, on a machine that is busy, has not failed.
const PATIENCE = 30_000

// Adapters talk to real servers, and so do programs in the documents.
const startServices = fileURLToPath(new URL('tools/services/start.ts', import.meta.url))

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  resolve: { conditions: inDocument },
  ssr: { resolve: { conditions } },
  test: {
    sequence: { sequencer: LongestFirst },
    // One more than there are processors: several files wait for processes of their own.
    maxWorkers: availableParallelism() + 1,
    // Else Node would load them, with its own conditions.
    server: { deps: { inline: ['solid-js', 'svelte'] } },
    projects: ['packages/core', 'packages/adapters', 'packages/testing', 'examples'].map((root) => ({
      extends: true,
      test: {
        name: basename(root),
        root,
        include: ['test/**/*.test.ts'],
        testTimeout: PATIENCE,
        // A worker for each file costs a third of the time of core. Adapters need it: libraries of theirs, such as that of the
        // keychain, keep a connection for the whole process.
        isolate: root === 'packages/adapters' || root === 'examples',
        ...(root === 'packages/adapters' ? { exclude: [...configDefaults.exclude, ...testsLeftOut()] } : {}),
        ...(root === 'packages/core' ? {} : { globalSetup: [startServices] }),
      },
    })),
  },
})
