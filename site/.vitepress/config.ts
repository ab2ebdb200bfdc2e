import { defineConfig } from 'vitepress'
import { anchorOf } from './anchor.ts'
import { drawDiagrams } from './diagrams.ts'
import { linksOfTheRepository } from './links.ts'
import { sidebar } from './sidebar.ts'

/** Pages lie outside of the folder in which vue is installed; in the browser's bundle VitePress sees to that itself. */
const vueForPagesOutside = {
  name: 'vue-for-pages-outside',
  enforce: 'pre',
  resolveId: (id: string, _importer: string | undefined, { ssr }: { readonly ssr?: boolean }) =>
    ssr === true && /^vue(?:\/|$)/.test(id) ? { id, external: true } : null,
} as const

export default defineConfig({
  title: 'evergrant',
  description: 'Keeps an OAuth2 access token alive.',
  lang: 'en',
  // The documents stay where readers of the repository find them, so that a link works in both.
  srcDir: '..',
  srcExclude: ['**/node_modules/**', '**/dist/**', '**/*.api.md', '.changeset/**', '**/CHANGELOG.md'],
  rewrites: { 'docs/index.md': 'index.md' },
  outDir: './dist',
  cacheDir: './.cache',
  cleanUrls: true,
  markdown: {
    anchor: { slugify: anchorOf },
    theme: { light: 'github-light', dark: 'github-dark' },
    config(markdown) {
      linksOfTheRepository(markdown)
      drawDiagrams(markdown)
    },
  },
  vite: { plugins: [vueForPagesOutside] },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/docs/start' },
      { text: 'Recipes', link: '/docs/recipes/README' },
      { text: 'Adapters', link: '/docs/adapters/README' },
      { text: 'Troubles', link: '/docs/troubles' },
      { text: 'API', link: '/docs/api/' },
    ],
    sidebar: sidebar(),
    footer: { message: 'MIT licence' },
  },
})
