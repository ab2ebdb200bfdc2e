import type { TokenSession } from '@evergrant/core'
import type { Canaries } from './canaries.ts'
import { findCanariesInAll, type CanaryFinding } from './find-canaries.ts'

/** Sees what a program could see of a session and of the calls that it makes. */
export interface Witness {
  /** Keeps something that became visible. */
  note(name: string, value: unknown): void
  /** Follows a call without waiting for it: what it gives or rejects with is noted. */
  follow(name: string, call: () => Promise<unknown>): void
  /** Calls that have not settled. */
  readonly open: number
  /** Names of the calls that went well, and of those that failed. */
  readonly outcomes: { readonly good: ReadonlySet<string>; readonly failed: ReadonlySet<string> }
  /** Looks through all that was noted. */
  findings(): readonly CanaryFinding[]
  stop(): void
}

/** Begins at once, also with what is written to the console, which is kept from it meanwhile. */
export function createWitness(session: TokenSession, canaries: Canaries): Witness {
  const seen = new Map<string, unknown[]>()
  const outcomes = { good: new Set<string>(), failed: new Set<string>() }
  let open = 0

  function note(name: string, value: unknown): void {
    const alike = seen.get(name)
    if (alike === undefined) seen.set(name, [value])
    else alike.push(value)
  }

  const hearing = hearConsole((line) => note('a line of the console', line))
  const stop = session.subscribe((status) => note('a status', status))
  const watched = [
    session.events$.subscribe((event) => note('events$', event)),
    session.token$.subscribe((token) => {
      if (token === null) return
      canaries.note('access token', token.value)
      note('token$', token)
    }),
  ]
  note('the session', session)

  return {
    note,
    outcomes,
    follow(name, call) {
      open += 1
      const end = (how: 'good' | 'failed', value: unknown): void => {
        open -= 1
        outcomes[how].add(name)
        note(`${name}, which ${how === 'good' ? 'went well' : 'failed'}`, value)
      }
      const called = (async () => call())()
      called.then(
        (value) => end('good', value),
        (error: unknown) => end('failed', error),
      )
    },
    get open() {
      return open
    },
    findings() {
      note('the session at the end', [session, session.getSnapshot(), session.peekToken()])
      return findCanariesInAll(seen, canaries)
    },
    stop() {
      stop()
      for (const subscription of watched) subscription.unsubscribe()
      hearing[Symbol.dispose]()
    },
  }
}

const LOGS = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const

function hearConsole(hear: (line: readonly unknown[]) => void): Disposable {
  const former = LOGS.map((name) => [name, console[name]] as const)
  for (const name of LOGS) console[name] = (...line: unknown[]) => hear(line)
  return { [Symbol.dispose]: () => Object.assign(console, Object.fromEntries(former)) }
}
