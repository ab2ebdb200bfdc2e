import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** An example as people start it, in an environment that holds nothing of this machine's. */
export interface ExampleProcess {
  /** How it ended: its exit code, or the signal. */
  readonly ended: Promise<number | string>
  /** All that it wrote until its end. */
  readonly stdout: Promise<string>
  readonly stderr: Promise<string>
  /** Waits for a line on stdout that matches; rejects if it ends without one. */
  line(pattern: RegExp): Promise<string>
  interrupt(): void
}

export interface ExampleOptions {
  readonly args?: readonly string[]
  /** The folder to run in, in which a `.env` would be read. */
  readonly cwd: string
  /** True gives it credentials, and a fake in place of all the servers in the world. */
  readonly pretend?: boolean
}

const PRETENCE = new URL('../fixtures/pretended-tastytrade.ts', import.meta.url).href

// Compiled once, the programs of examples start twice as fast.
const COMPILED = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url))

/** Starts e.g. `bot/tour.ts`; what is still alive when the test ends is killed. */
export function startExample(script: string, { args = [], cwd, pretend = false }: ExampleOptions): ExampleProcess {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url))
  const flags = ['--conditions=@evergrant/source', ...(pretend ? ['--import', PRETENCE] : [])]
  const { PATH = '', DATABASE_URL, REDIS_URL } = process.env
  const servers = { ...(REDIS_URL ? { REDIS_URL } : {}), ...(DATABASE_URL ? { DATABASE_URL } : {}) }
  const child = spawn(process.execPath, [...flags, path, ...args], {
    cwd,
    env: { PATH, TMPDIR: cwd, NODE_COMPILE_CACHE: COMPILED, ...servers },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  const heard: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    heard.push(line)
    for (const look of waiting) look()
  })

  return {
    ended,
    stdout: collect(child.stdout),
    stderr: collect(child.stderr),
    line(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = heard.find((line) => pattern.test(line))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        void ended.then((how) => reject(new Error(`It ended (${how}) without a line like ${pattern}`)))
        look()
      })
    },
    interrupt: () => void child.kill('SIGINT'),
  }
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8')
  let text = ''
  stream.on('data', (chunk: string) => (text += chunk))
  await once(stream, 'close')
  return text
}
