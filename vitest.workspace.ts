import { defineConfig } from 'vitest/config'

// Tests import the packages by name; the condition makes that their source, so no build comes first.
const conditions = ['@evergrant/source', 'module', 'node', 'development']

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    projects: ['core', 'adapters', 'testing'].map((name) => ({
      extends: true,
      test: { name, root: `packages/${name}`, include: ['test/**/*.test.ts'] },
    })),
  },
})
