import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bundleServer } from '../../../adapters/test/processes/bundle-server.ts'

/** A process that speaks in lines of JSON. */
export interface Program<Said> extends AsyncDisposable {
  /** Its exit code, or the signal that ended it, once all is heard that it said. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** The first thing of this kind that it says, from its start on. Rejects if it ends without, or is silent for too long. */
  first<Kind extends Said['said' & keyof Said]>(kind: Kind): Promise<Extract<Said, { said: Kind }>>
  /** Closes its input. */
  dismiss(): void
  signal(name: NodeJS.Signals): void
}

/** Beyond this, a process hangs, also on a busy machine. In ms. */
const PATIENCE = 60_000
// Compiled once for all, a replica starts twice as fast.
const COMPILED = fileURLToPath(new URL('../../../../node_modules/.cache/compiled', import.meta.url))

const bundles = new Map<string, Promise<string>>()

function bundleOf(script: string): Promise<string> {
  const bundle = bundles.get(script) ?? bundleServer(fileURLToPath(new URL(`fixtures/${script}.ts`, import.meta.url)))
  bundles.set(script, bundle)
  return bundle
}

/** Starts `fixtures/<script>.ts` with a plan; `heard` is told all that it says. */
export async function startProgram<Said extends { readonly said: string }>(
  script: string,
  plan: object,
  heard: (said: Said) => void = () => undefined,
): Promise<Program<Said>> {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED }
  const child = spawn(process.execPath, [await bundleOf(script)], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  // A word to one that is gone.
  child.stdin.on('error', () => undefined)
  // Not `exit`: what it said before must have been heard by then.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  const firsts = new Map<string, Said>()
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Said
    if (!firsts.has(said.said)) firsts.set(said.said, said)
    heard(said)
    for (const look of waiting) look()
  })
  child.stdin.write(`${JSON.stringify(plan)}\n`)

  return {
    ended,
    first(kind) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => fail(`said no ${kind} within ${PATIENCE} ms`), PATIENCE)
        const end = (): void => {
          clearTimeout(late)
          waiting.delete(look)
        }
        const fail = (what: string): void => {
          end()
          reject(new Error(`${script} ${what}`))
        }
        const look = (): void => {
          const said = firsts.get(kind)
          if (said === undefined) return
          end()
          resolve(said as Extract<Said, { said: typeof kind }>)
        }
        waiting.add(look)
        void ended.then((how) => fail(`ended (${how}) without saying ${kind}`))
        look()
      })
    },
    dismiss: () => void child.stdin.end(),
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      // A stopped process does not die of anything else.
      child.kill('SIGKILL')
      await ended
    },
  }
}
