import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue()],
  resolve: { conditions: ['@evergrant/source', 'module', 'browser', 'production'] },
  build: {
    target: 'es2023',
    // What the fake needs to listen on a socket, which no page does.
    rolldownOptions: { external: [/^node:/, /^@hono\/node-server/] },
  },
})
