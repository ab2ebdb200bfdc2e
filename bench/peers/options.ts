import { parseArgs } from 'node:util'
import { PEERS } from './clients/all.ts'
import type { Peer } from './clients/client.ts'
import { SCENARIOS } from './scenarios/all.ts'
import type { Scenario } from './scenarios/scenario.ts'

export interface PeersOptions {
  readonly quick: boolean
  readonly json: boolean
  /** Writes docs/bench.md too. */
  readonly write: boolean
  readonly scenarios: readonly Scenario[]
  readonly peers: readonly Peer[]
}

/** Throws an `Error` whose message is the one line to show. */
export function readOptions(parameters: readonly string[]): PeersOptions {
  const { quick, json, write, only, peer } = parse(parameters)
  return {
    quick,
    json,
    write,
    scenarios: chosen(SCENARIOS, only, 'scenario'),
    peers: chosen(PEERS, peer, 'peer'),
  }
}

function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  what: string,
): readonly T[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name))
  if (unknown !== undefined)
    throw new Error(`no ${what} ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`)
  return all.filter(({ name }) => names.length === 0 || names.includes(name))
}

function parse(parameters: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        peer: { type: 'string', multiple: true, default: [] },
      },
    })
    return values
  } catch (error) {
    const [problem] = (error as Error).message.split('. ')
    throw new Error(`${problem}; the options are --quick, --json, --write, --only <scenario> and --peer <name>`, {
      cause: error,
    })
  }
}
