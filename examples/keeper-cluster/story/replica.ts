import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ReplicaPlan } from './replica-plan.ts'

/** A replica in a process of its own, which can be replaced at the same address. */
export interface Replica extends AsyncDisposable {
  readonly name: string
  readonly url: string
  start(): Promise<void>
  /** Resolves with its exit code, or the signal that ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>
}

const PROGRAM = fileURLToPath(new URL('../replica.ts', import.meta.url))

export async function startReplica(number: number, shared: Omit<ReplicaPlan, 'port' | 'userAgent'>): Promise<Replica> {
  const name = `replica-${number}`
  let url = ''
  let child: ChildProcess

  async function start(): Promise<void> {
    const port = url === '' ? 0 : Number(new URL(url).port)
    const started = spawn(process.execPath, [...process.execArgv, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
    child = started
    started.stdin.on('error', () => undefined)
    started.stdin.write(`${JSON.stringify({ ...shared, port, userAgent: `${name}/1.0` } satisfies ReplicaPlan)}\n`)
    const failed = once(started, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)))
    failed.catch(() => undefined)
    const [line] = (await Promise.race([once(createInterface({ input: started.stdout }), 'line'), failed])) as [string]
    url = line
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string> {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit')
      child.kill(signal)
      await exit
    }
    return child.exitCode ?? child.signalCode ?? 0
  }

  await start()
  return {
    name,
    get url() {
      return url
    },
    start,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  }
}
