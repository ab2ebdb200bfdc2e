import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium } from '../../packages/adapters/test/browser/chromium.ts'
import { pnpm, run } from './run.ts'

interface Runtime {
  readonly name: string
  /** Tries the installed packages out in it; gives what it says in a line. `place` is for what has to be fetched. */
  readonly tryOut: (project: string, place: string) => Promise<string>
}

/**
 * A binary that the registry has as a package for each platform, fetched into a folder of its own; `path` is where the package
 * keeps it. Of the packages with one name for all platforms, pnpm would ask the makers' sites, and not the registry.
 */
async function fetched(spec: string, path: string, place: string): Promise<string> {
  const folder = join(place, spec.replaceAll(/[^\w]+/g, '-'))
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  await pnpm(['add', '--prefer-offline', '--ignore-workspace', spec], folder)
  return join(folder, 'node_modules', spec.replace(/@[^@]*$/, ''), path)
}

const PLATFORM = `${process.platform}-${process.arch}`

function node(major: number): Runtime {
  return {
    name: `node ${major}`,
    async tryOut(project, place) {
      const binary = await fetched(`node-${PLATFORM}@${major}`, 'bin/node', place)
      return inRuntime(binary, ['with-a-file.mjs'], project)
    },
  }
}

async function inRuntime(binary: string, words: readonly string[], project: string): Promise<string> {
  const [version = ''] = (await run(binary, ['--version'], project)).split('\n')
  return `${version}: ${(await run(binary, words, project)).trim()}`
}

/** One script of a program; `node:` is left to the runtime: the test kit's listener, which nobody calls here, is not loaded. */
async function bundle(project: string, entry: string, outfile: string, format: 'esm' | 'iife'): Promise<string> {
  const flags = [
    '--bundle',
    '--platform=browser',
    '--conditions=worker,browser',
    '--external:node:*',
    '--log-level=error',
  ]
  await run(
    join(project, 'node_modules/.bin/esbuild'),
    [entry, `--outfile=${outfile}`, `--format=${format}`, ...flags],
    project,
  )
  return join(project, outfile)
}

export const RUNTIMES: readonly Runtime[] = [
  node(22),
  node(24),
  node(26),
  {
    name: 'bun',
    async tryOut(project, place) {
      return inRuntime(await fetched(`@oven/bun-${PLATFORM}@latest`, 'bin/bun', place), ['with-a-file.mjs'], project)
    },
  },
  {
    name: 'deno',
    async tryOut(project, place) {
      const binary = await fetched(`@deno/${PLATFORM}-glibc@latest`, 'deno', place)
      return inRuntime(binary, ['run', '--allow-all', 'with-a-file.mjs'], project)
    },
  },
  {
    name: 'workerd',
    async tryOut(project) {
      await pnpm(['add', '--prefer-offline', 'miniflare'], project)
      const worker = await bundle(project, 'in-a-worker.mjs', 'worker.bundle.mjs', 'esm')
      const manifest = JSON.parse(readFileSync(join(project, 'node_modules/miniflare/package.json'), 'utf8')) as {
        version: string
      }
      return `miniflare ${manifest.version}: ${(await run(process.execPath, ['run-worker.mjs', worker], project)).trim()}`
    },
  },
  {
    name: 'chromium',
    async tryOut(project) {
      const script = await bundle(project, 'in-a-page.mjs', 'page.bundle.js', 'iife')
      await using browser = await launchChromium()
      const page = await browser.newPage()
      await page.addScriptTag({ path: script })
      const walked = await page.evaluate<string>('globalThis.walked')
      return `${browser.version()}: ${walked}`
    },
  },
]
