import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Makes one file of a program of `fixtures/` and gives its path. Hundreds of processes start in these tests, so each is to
 * read as little as possible.
 */
export async function bundleProgram(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'node22',
    // Not `node`, for which RxJS has CommonJS alone, of which nothing can be left out.
    platform: 'neutral',
    external: ['node:*'],
    mainFields: ['module', 'main'],
    conditions: ['@evergrant/source', 'module', 'es2015'],
    logLevel: 'error',
  })
  return outfile
}
