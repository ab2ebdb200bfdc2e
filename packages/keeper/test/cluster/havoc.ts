import { setTimeout as pause } from 'node:timers/promises'
import type { Replica } from './replica.ts'
import type { Witness } from './witness.ts'
import type { ReplicaStep } from './words.ts'

/** What is done to a replica: gone for good, stopped, or without its store. */
export type Deed = 'kill' | 'pause' | 'cut'

const DEEDS: readonly Deed[] = ['kill', 'pause', 'cut']
/** How a cable fails: with a word, without one, or in one direction. */
const CUTS = ['cut', 'stall', 'mute'] as const
/** Steps at which it happens: the more dangerous ones more often. */
const MOMENTS: readonly ReplicaStep['step'][] = ['leased', 'writing', 'written', 'sent', 'answered']

export interface HavocOptions {
  readonly replicas: readonly Replica[]
  readonly witness: Witness
  /** From 0 to below 1, the same for the same seed. */
  readonly random: () => number
  /** Ms that a pause or a cut lasts, at least and at most: below a lease, and beyond it. */
  readonly lasting: readonly [number, number]
  /** Ms to wait for the moment; then it happens all the same. */
  readonly patience: number
}

/** Does things to replicas, at moments that the replicas themselves bring about. */
export interface Havoc {
  /** One deed on a replica that nothing happens to now; resolves once all is well with it again. */
  strike(): Promise<void>
  /** Told of each step of each replica. */
  step(replica: number, step: ReplicaStep): void
  readonly done: Readonly<Record<Deed, number>>
}

export function createHavoc({ replicas, witness, random, lasting, patience }: HavocOptions): Havoc {
  const done: Record<Deed, number> = { kill: 0, pause: 0, cut: 0 }
  const troubled = new Set<number>()
  const watchers = new Set<(replica: number, step: ReplicaStep['step']) => void>()
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

  /** The replica that comes to this step; any that is well, if none does. */
  async function moment(step: ReplicaStep['step'], nth: number): Promise<Replica> {
    let left = nth
    const found = await new Promise<number | null>((resolve) => {
      const end = (number: number | null): void => {
        clearTimeout(late)
        watchers.delete(watch)
        resolve(number)
      }
      const watch = (number: number, said: ReplicaStep['step']): void => {
        if (said !== step || troubled.has(number)) return
        left -= 1
        if (left > 0) return
        troubled.add(number)
        end(number)
      }
      const late = setTimeout(() => end(null), patience)
      watchers.add(watch)
    })
    const number = found ?? pick(replicas.filter((replica) => !troubled.has(replica.number))).number
    troubled.add(number)
    return replicas[number] as Replica
  }

  async function play(deed: Deed, replica: Replica): Promise<void> {
    const { number, proxy } = replica
    const [least, most] = lasting
    const duration = least + random() * (most - least)
    if (deed === 'kill') {
      await replica.kill()
      witness.trouble(number, 'killed')
      witness.calm(number)
      return replica.start()
    }
    if (deed === 'pause') {
      replica.pause()
      witness.trouble(number, 'paused')
      await pause(duration)
      // What it said just before it stopped has been heard by now.
      witness.trouble(number, 'paused')
      replica.resume()
    } else {
      proxy[pick(CUTS)]()
      witness.trouble(number, 'cut')
      await pause(duration)
      proxy.restore()
    }
    witness.calm(number)
  }

  return {
    async strike() {
      const deed = pick(DEEDS)
      const step = pick(MOMENTS)
      const replica = await moment(step, 1 + Math.floor(random() * 3))
      done[deed] += 1
      try {
        await play(deed, replica)
      } finally {
        troubled.delete(replica.number)
      }
    },
    step(replica, { step }) {
      for (const watch of watchers) watch(replica, step)
    },
    done,
  }
}
