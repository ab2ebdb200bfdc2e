import { createCuttableProxy, type CuttableProxy } from '../../../adapters/test/network-store/cuttable-proxy.ts'
import { startProgram, type Program } from './program.ts'
import type { StorePlace } from './store-place.ts'
import type { ReplicaPlan, ReplicaSaid, ReplicaStep } from './words.ts'

/** A replica: its place among the others, and the process that stands there now. */
export interface Replica extends AsyncDisposable {
  readonly number: number
  /** Where it answers; the same for all its processes. */
  readonly url: string
  /** Between it and the store. */
  readonly proxy: CuttableProxy
  /** Another process in place of the one before. */
  start(): Promise<void>
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
  pause(): void
  resume(): void
  /** SIGTERM; resolves with how it ended. */
  drain(): Promise<number | NodeJS.Signals>
}

type ReplicaSettings = Omit<ReplicaPlan, 'store' | 'port'>

export interface ReplicaOptions {
  readonly number: number
  readonly place: StorePlace
  readonly settings: ReplicaSettings
  readonly heard: (replica: number, step: ReplicaStep) => void
}

/** Starts it, and resolves once it listens. */
export async function startReplica({ number, place, settings, heard }: ReplicaOptions): Promise<Replica> {
  const proxy = await createCuttableProxy(place.server)
  let program: Program<ReplicaSaid>
  let url = ''
  let port = 0

  async function start(): Promise<void> {
    const plan: ReplicaPlan = { ...settings, store: place.plan(proxy), port }
    program = await startProgram<ReplicaSaid>('replica', plan, (said) => {
      if (said.said === 'step') heard(number, said)
    })
    const listening = await program.first('listening')
    url = listening.url
    port = listening.port
  }

  await start()
  return {
    number,
    get url() {
      return url
    },
    proxy,
    start,
    async kill() {
      program.signal('SIGKILL')
      await program.ended
    },
    pause: () => program.signal('SIGSTOP'),
    resume: () => program.signal('SIGCONT'),
    drain() {
      program.signal('SIGTERM')
      return program.ended
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
