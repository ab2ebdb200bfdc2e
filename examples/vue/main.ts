import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'

// The page, built and served: node --conditions=@evergrant/source examples/vue/main.ts
const outDir = mkdtempSync(join(tmpdir(), 'evergrant-vue-'))
const configFile = join(import.meta.dirname, 'vite.config.ts')
await build({ configFile, logLevel: 'error', build: { outDir } })
const server = await preview({
  configFile,
  logLevel: 'error',
  build: { outDir },
  preview: { host: '127.0.0.1', port: 8020 },
})
console.log(`The page is at ${server.resolvedUrls?.local[0] ?? ''}  Ctrl-C ends it.`)

await new Promise<void>((resolve) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve())
})
await server.close()
rmSync(outDir, { recursive: true, force: true })
