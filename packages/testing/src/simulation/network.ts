import type { Chance } from './random.ts'
import type { VirtualProcess } from './virtual-host.ts'
import type { Weather } from './weather.ts'
import type { World } from './world.ts'

/** How long a message takes where all is well, in ms. */
const USUAL_LATENCY = 40
/** After this long without a word a client of the store gives up, in ms. */
const STORE_PATIENCE = 5_000

export interface NetworkPorts {
  readonly world: World
  readonly weather: Weather
}

/** What a process gets back; called at most once, and never once the process is dead. */
export interface Courier<T> {
  /** What happens at the other end. Throws what the caller is to be told. */
  readonly arrives: () => T
  readonly answered: (answer: T) => void
  readonly failed: (error: unknown) => void
}

/** One call to the store: there and back again, or an error after some time. What was lost on the way back was done. */
export function callStore<T>(
  { world, weather }: NetworkPorts,
  process: VirtualProcess,
  draw: Chance,
  unavailable: () => Error,
  { arrives, answered, failed }: Courier<T>,
): void {
  const { host } = process
  const slow = weather.meets('slow-store', host, draw)?.ms ?? 0
  const there = Math.round(draw.next() * USUAL_LATENCY) + slow
  const back = Math.round(draw.next() * USUAL_LATENCY)
  const giveUp = () => process.after(STORE_PATIENCE, () => failed(unavailable()))
  if (weather.meets('partition', host, draw) !== null) return void giveUp()
  const failing = weather.meets('failing-store', host, draw) !== null
  if (failing && draw.happens(0.5)) return void process.after(there, () => failed(unavailable()))
  world.after(there, () => {
    let told: () => void
    try {
      const answer = arrives()
      told = () => answered(answer)
    } catch (error) {
      told = () => failed(error)
    }
    // It was done, and nobody hears of it.
    if (failing) process.after(back, () => failed(unavailable()))
    else if (weather.meets('partition', host, draw) !== null) giveUp()
    else process.after(back, told)
  })
}

/** How one message to the server fares. */
export interface Passage {
  /** Ms on the way there; `null` if it never arrives. */
  readonly there: number | null
  /** Ms on the way back; `null` if the answer never arrives. */
  readonly back: number | null
  /** Ms until it arrives once more; `null` if it arrives once. */
  readonly again: number | null
}

export function passageToServer({ weather }: NetworkPorts, process: VirtualProcess, draw: Chance): Passage {
  const { host } = process
  const slow = weather.meets('slow-network', host, draw)?.ms ?? 0
  const there = Math.round(draw.next() * 2 * USUAL_LATENCY + slow * draw.next())
  const back = Math.round(draw.next() * 2 * USUAL_LATENCY + slow * draw.next())
  const cut = weather.meets('partition', host, draw) !== null
  const lost = weather.meets('lost-messages', host, draw) !== null
  const lostThere = cut || (lost && draw.happens(0.5))
  const twice = weather.meets('duplicates', host, draw) !== null
  return {
    there: lostThere ? null : there,
    back: lost ? null : back,
    again: twice ? there + Math.round(draw.next() * 2_000) : null,
  }
}
