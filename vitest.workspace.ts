import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests import the packages by name; the condition makes that their source, so no build comes first.
const conditions = ['@evergrant/source', 'module', 'node', 'development']

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    projects: ['packages/core', 'packages/adapters', 'packages/testing', 'examples'].map((root) => ({
      extends: true,
      test: { name: basename(root), root, include: ['test/**/*.test.ts'] },
    })),
  },
})
