import type { UserConfig } from 'vite'

/** One static page with relative addresses: it runs from any folder of any server. */
export default {
  root: import.meta.dirname,
  base: './',
  resolve: { conditions: ['@evergrant/source', 'module', 'browser', 'production'] },
  // Whatever the environment says: a page is served as it would be published.
  define: { 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic', development: false } },
  build: {
    target: 'es2023',
    // What the fake needs to listen on a socket, which no page does.
    rolldownOptions: { external: [/^node:/, /^@hono\/node-server/] },
  },
} satisfies UserConfig
