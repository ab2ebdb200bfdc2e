import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import type { Io } from '../../src/io.ts'

/** How a process ended: its exit code, or the signal. */
interface Ended {
  readonly code: number | NodeJS.Signals
  readonly out: string
  readonly err: string
}

/** The command as a process. */
export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** What it has written so far. */
  readonly out: () => string
  /** Resolves once the text can be read on stdout. Rejects if the process ends without it. */
  saw(text: string): Promise<void>
}

/** The command as JavaScript. */
export interface BundledBin {
  readonly bin: string
  /** Give it back from the hook that made the bundle. */
  readonly remove: () => void
}

/** Makes the bin one folder of JavaScript: dozens of processes start in these tests, and each is to read little. */
export async function bundleBin(): Promise<BundledBin> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-bin-'))
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/bin.ts', import.meta.url))],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    // For what is CommonJS.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    external: ['@napi-rs/keyring'],
    mainFields: ['module', 'main'],
    conditions: ['@evergrant/source', 'module', 'es2015'],
    logLevel: 'error',
  })
  return { bin: join(folder, 'bin.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Starts the command; it ends with the test at the latest. */
export function startBin(bin: string, argv: readonly string[], { cwd, env }: Pick<Io, 'cwd' | 'env'>): Child {
  // Compiled once for all, a process starts in two thirds of the time.
  const more = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(dirname(bin), 'compiled') }
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env: { ...more, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 0, out, err }))
  })
  return {
    process: child,
    ended,
    out: () => out,
    saw: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (out.includes(text)) resolve()
        }
        child.stdout.on('data', look)
        look()
        void ended.then(() => reject(new Error(`It ended without ${text}: ${out}${err}`)))
      }),
  }
}
