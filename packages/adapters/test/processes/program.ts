import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Puts a program into a folder, as one file, and gives its path. */
export type PutProgram = (folder: string) => Promise<string>

/**
 * Makes one file of a program, once. Hundreds of processes start in these tests, so each is to read as little as possible:
 * from its sources, each would take ten times as long to start.
 */
export function bundledProgram(entry: URL): PutProgram {
  const source = fileURLToPath(entry)
  let bundle: Promise<Uint8Array> | undefined
  return async (folder) => {
    bundle ??= bundleOf(source)
    const path = join(folder, `${basename(source, '.ts')}.mjs`)
    await writeFile(path, await bundle)
    return path
  }
}

async function bundleOf(source: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [source],
    write: false,
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
  return outputFiles[0]?.contents ?? new Uint8Array()
}
