import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, '../../docs/adapters/README.md')
/** By as much a size may differ from what is written, so that not every line of code changes the page. */
const TOLERANCE = 0.3

const subpaths = globSync('src/*.ts', { cwd: ROOT })
  .map((path) => basename(path, '.ts'))
  .filter((name) => name !== 'version')
  .toSorted()

/** What the page says, by subpath. */
const written = new Map(
  [...readFileSync(PAGE, 'utf8').matchAll(/^\| \[`\/([\w-]+)`\].* ([\d.]+) \|$|^`\/(env)` \(([\d.]+) kB/gm)].map(
    ([, row, size, env, sizeOfEnv]) => [row ?? env ?? '', Number(size ?? sizeOfEnv)] as const,
  ),
)

async function measure(name: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'src', `${name}.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
  })
  return gzipSync(outputFiles[0]?.contents ?? '').length / 1_000
}

describe('the page of all adapters', () => {
  it('names every subpath with its size', () => {
    expect([...written.keys()].toSorted()).toEqual(subpaths)
  })

  it.for(subpaths)('is right about the size of /%s', async (name) => {
    expect(Math.abs((await measure(name)) - (written.get(name) ?? 0))).toBeLessThanOrEqual(TOLERANCE)
  })
})
