import { usage } from '../output/command-error.ts'
import { parseDuration } from '../output/duration.ts'

/** What a person tells the fake while it runs. */
export type Order =
  | { readonly do: 'fail'; readonly fault: string; readonly options: Readonly<Record<string, unknown>> }
  /** `ms`: how long; without it as long as the real one does. */
  | { readonly do: 'block'; readonly ms: number | undefined }
  | {
      readonly do:
        | 'heal'
        | 'unblock'
        | 'expire'
        | 'revoke'
        | 'grant'
        | 'new-secret'
        | 'show'
        | 'faults'
        | 'help'
        | 'quit'
    }

/** The words, as `help` prints them. */
export const ORDERS: readonly (readonly [line: string, what: string])[] = [
  ['fail NAME [times=3] [on=api] [path=/…] […]', 'the next request meets this fault; times=always until heal'],
  ['faults', 'the names of all faults'],
  ['heal', 'no more faults'],
  ['block [2m]', 'drop every request of this address, as after too many failed logins'],
  ['unblock', 'answer again'],
  ['expire', 'end all access tokens'],
  ['revoke', 'delete the grant, as a person does on the website'],
  ['grant', 'make a new grant, and print its credentials'],
  ['new-secret', 'make the client secret anew, which ends every grant, and print it'],
  ['show', 'what came in so far'],
  ['quit', 'end'],
]

const PLAIN = ['heal', 'unblock', 'expire', 'revoke', 'grant', 'new-secret', 'show', 'faults', 'help', 'quit'] as const

/** Reads a line; `null` for an empty one. Throws `usage`. */
export function parseOrder(line: string): Order | null {
  const [word, ...rest] = line
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '')
  if (word === undefined) return null
  const plain = PLAIN.find((known) => known === word)
  if (plain !== undefined && rest.length === 0) return { do: plain }
  if (word === 'block' && rest.length <= 1) {
    return { do: 'block', ms: rest[0] === undefined ? undefined : parseDuration(rest[0]) }
  }
  const [fault, ...pairs] = rest
  if (word === 'fail' && fault !== undefined)
    return { do: 'fail', fault, options: Object.fromEntries(pairs.map(parsePair)) }
  throw usage(`${JSON.stringify(line.trim())} is no order`, 'Type help for those that there are.')
}

function parsePair(pair: string): [name: string, value: unknown] {
  const [, name, text] = /^(\w+)=(.*)$/.exec(pair) ?? []
  if (name === undefined || text === undefined) {
    throw usage(`${JSON.stringify(pair)} is no name=value`, 'Write it like times=3.')
  }
  if (name === 'times' && text === 'always') return [name, Number.POSITIVE_INFINITY]
  try {
    return [name, JSON.parse(text)]
  } catch {
    return [name, text]
  }
}
