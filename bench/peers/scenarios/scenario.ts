import type { Peer, PeerClient, PeerSettings } from '../clients/client.ts'
import type { Rig } from '../rig/rig.ts'

/** Where one contestant meets one scenario: a process and a server of their own. */
export interface Arena {
  readonly peer: Peer
  readonly rig: Rig
  /** A short run: shows that everything works, and figures that mean little. */
  readonly quick: boolean
  /** A client on the rig; the file is the same for all of this arena. */
  readonly open: (settings?: Partial<PeerSettings>) => Promise<PeerClient>
  /** What came of work in a process beside this one, with the same server and folder. */
  readonly fork: (work: 'ask-alone' | 'ask-together') => Promise<Result>
}

/** Figures by name. A text stands for itself; of numbers the median of all rounds is shown. */
export type Result = Readonly<Record<string, number | string>>

export interface Column {
  /** Which figure. */
  readonly of: string
  readonly heading: string
  readonly digits?: number
  /** What is worth aiming at, if one is. */
  readonly ideal?: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** What happens, and what would be ideal, in a sentence or two. */
  readonly about: string
  readonly columns: readonly Column[]
  readonly rounds: number
  /** How many contestants at a time: one where time is measured, many where they wait. */
  readonly atOnce: number
  /** Whether it is watched if the process ends by itself once there is nothing more to do; the figure is `idle`. */
  readonly watchesEnd?: boolean
  run(arena: Arena): Promise<Result>
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** How many of these were fulfilled, and how long all took, in ms. */
export async function settle(calls: readonly Promise<unknown>[]): Promise<{ good: number; failed: number }> {
  const outcomes = await Promise.allSettled(calls)
  const good = outcomes.filter(({ status }) => status === 'fulfilled').length
  return { good, failed: outcomes.length - good }
}

/** A request that got what it asked for; others reject. */
export async function served(client: PeerClient): Promise<void> {
  const status = await client.request()
  if (status !== 200) throw new Error(`status ${status}`)
}
