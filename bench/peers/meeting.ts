import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Peer } from './clients/client.ts'
import type { Task, Told } from './contestant.ts'
import type { Scenario } from './scenarios/scenario.ts'

const CONTESTANT = fileURLToPath(new URL('contestant.ts', import.meta.url))
const FLAGS = ['--conditions=@evergrant/source', '--expose-gc']

/** Far above what any scenario takes, in ms: beyond it, a contestant hangs. */
const PATIENCE = 180_000
/** How long a process that has nothing to do may take to end, in ms. */
const IDLE = 3_000

/** One peer in one scenario: a process of its own, which is gone when this resolves. */
async function meet(scenario: Scenario, peer: Peer, quick: boolean): Promise<Told> {
  const child = fork(CONTESTANT, { execArgv: FLAGS, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const task: Task = { scenario: scenario.name, peer: peer.name, quick }
  child.send(task)
  const ended = once(child, 'exit')
  const hangs = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  try {
    const told = await Promise.race([
      once(child, 'message').then(([message]) => message as Told),
      ended.then(([code, signal]): Told => ({ failed: `the process ended with ${String(code ?? signal)}` })),
    ])
    if ('failed' in told || scenario.watchesEnd !== true) return told
    const idle = await Promise.race([ended.then(() => 'no'), pause(IDLE).then(() => 'yes')])
    return { result: { ...told.result, idle } }
  } finally {
    clearTimeout(hangs)
    child.kill('SIGKILL')
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** All rounds of all peers; within a round they come in turn, in the reverse order each second time. */
export async function holdScenario(
  scenario: Scenario,
  peers: readonly Peer[],
  quick: boolean,
  progress: (text: string) => void,
): Promise<ReadonlyMap<string, readonly Told[]>> {
  const told = new Map<string, Told[]>(peers.map(({ name }) => [name, []]))
  const rounds = quick ? 1 : scenario.rounds
  for (let round = 0; round < rounds; round += 1) {
    const queue = round % 2 === 0 ? [...peers] : peers.toReversed()
    const takeTurns = async (): Promise<void> => {
      for (let peer = queue.shift(); peer !== undefined; peer = queue.shift()) {
        progress(`${scenario.name}: round ${round + 1} of ${rounds}, ${peer.name}`)
        told.get(peer.name)?.push(await meet(scenario, peer, quick))
      }
    }
    await Promise.all(Array.from({ length: scenario.atOnce }, takeTurns))
  }
  return told
}

/** One figure over all rounds: the median of numbers, or what most rounds said. */
export function overRounds(told: readonly Told[], of: string): number | string {
  const failed = told.find((one) => 'failed' in one)
  if (failed !== undefined && 'failed' in failed) return `failed: ${failed.failed.slice(0, 60)}`
  const values = told.flatMap((one) => ('result' in one ? [one.result[of]] : []))
  const numbers = values.filter((value): value is number => typeof value === 'number').toSorted((a, b) => a - b)
  if (numbers.length === 0) return values.find((value): value is string => typeof value === 'string') ?? ''
  return numbers[numbers.length >> 1] ?? Number.NaN
}
