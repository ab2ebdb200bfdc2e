import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const FOLDER = fileURLToPath(new URL('../../../../node_modules/.cache/bundled', import.meta.url))
// What is CommonJS asks for parts of Node by `require`, which a module does not have.
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * Makes one file of a program that uses packages for Node, which then starts twice as fast. Gives its path, which is always the
 * same, so that what Node has compiled of it is found again.
 */
export async function bundleServer(entry: string): Promise<string> {
  const path = join(FOLDER, `${basename(entry, '.ts')}.mjs`)
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: path,
    write: false,
    bundle: true,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    external: ['pg-native'],
    conditions: ['@evergrant/source'],
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const contents = outputFiles[0]?.contents ?? new Uint8Array()
  const present = await readFile(path).catch(() => null)
  if (present !== null && Buffer.compare(present, contents) === 0) return path
  await mkdir(FOLDER, { recursive: true })
  // Others may be starting the one that is there.
  const fresh = `${path}.${process.pid}`
  await writeFile(fresh, contents)
  await rename(fresh, path)
  return path
}
