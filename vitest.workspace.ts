import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tools/longest-first.ts'

// Tests import the packages by name; the condition makes that their source, so no build comes first.
const conditions = ['@evergrant/source', 'module', 'node', 'development']

// Ends a test that hangs; one that is only slow, on a machine that is busy, has not failed.
const PATIENCE = 30_000

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    sequence: { sequencer: LongestFirst },
    // One more than there are processors: several files wait for processes of their own.
    maxWorkers: availableParallelism() + 1,
    projects: ['packages/core', 'packages/adapters', 'packages/testing', 'examples'].map((root) => ({
      extends: true,
      test: { name: basename(root), root, include: ['test/**/*.test.ts'], testTimeout: PATIENCE },
    })),
  },
})
