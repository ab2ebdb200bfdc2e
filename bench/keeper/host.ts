import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Order, Served, Serving, Time, Weight } from './orders.ts'

/** A server in a process of its own, so that its work is not taken for that of the load. */
export interface Host extends AsyncDisposable, Omit<Served, 'said'> {
  /** Ms from the start of the process until it listened. */
  readonly startUp: number
  /** Bytes in its heap that are reachable. */
  heap(): Promise<number>
  /** Ms of processor time that it has taken so far. */
  cpu(): Promise<number>
  delay(latency: number): Promise<void>
}

export async function startHost(serving: Serving): Promise<Host> {
  const begun = performance.now()
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), {
    execArgv: ['--expose-gc', '--conditions=@evergrant/source', ...profiling()],
  })
  const ended = once(child, 'exit')

  async function ask<A extends Answer>(order: Order): Promise<A> {
    const answer = once(child, 'message')
    child.send(order)
    return (await Promise.race([answer, ended.then(failed)]))[0] as A
  }

  const { port, key } = await ask<Served>({ do: 'serve', ...serving })
  return {
    port,
    key,
    startUp: performance.now() - begun,
    heap: async () => (await ask<Weight>({ do: 'weigh' })).heap,
    cpu: async () => (await ask<Time>({ do: 'time' })).cpu,
    async delay(latency) {
      await ask({ do: 'delay', latency })
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** `BENCH_PROFILE=folder` writes a profile of each server there. */
function profiling(): readonly string[] {
  const folder = process.env['BENCH_PROFILE']
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

function failed(): never {
  throw new Error('A server of the bench ended before it was told to')
}
