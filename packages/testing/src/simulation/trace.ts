import type { Observation } from './observation.ts'
import { asRecord, LEDGER_KEY } from './record-view.ts'
import type { World } from './world.ts'

/** What happened, a line each, for people. No secret is in it: credentials go by the number of the request. */
export interface Trace {
  readonly lines: readonly string[]
  say(line: string): void
  note(observation: Observation): void
}

export function createTrace(world: World, kept: boolean): Trace {
  const lines: string[] = []
  /** What each session told its callers last: said once, and again when it changes. */
  const told = new Map<string, string | null>()
  const say = (line: string) => {
    if (kept) lines.push(`${clockTime(world.elapsed)}  ${line}`)
  }
  return {
    lines,
    say,
    note(observation) {
      if (!kept) return
      if (observation.type === 'told') {
        const { by, outcome } = observation.call
        if (told.get(by.name) === outcome) return
        told.set(by.name, outcome)
      }
      const line = tell(observation)
      if (line !== null) say(line)
    },
  }
}

/** Hours, minutes, seconds and ms since the beginning. */
export function clockTime(elapsed: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const ms = String(Math.floor(elapsed % 1000)).padStart(3, '0')
  return `${two(elapsed / 3_600_000)}:${two((elapsed / 60_000) % 60)}:${two((elapsed / 1000) % 60)}.${ms}`
}

function tell(observation: Observation): string | null {
  switch (observation.type) {
    case 'sent':
      return `${observation.flight.from.name} sends token request ${observation.flight.id}`
    case 'granted':
      return `the server grants request ${observation.flight.id}${observation.flight.successor === null ? '' : ', and rotates'}`
    case 'refused':
      return `the server refuses request ${observation.flight.id} (${observation.refusal})`
    case 'answered':
      return `the answer to request ${observation.flight.id} arrives (${observation.flight.heard})`
    case 'probed':
      return `${observation.by.name} has probed`
    case 'step':
      return null
    case 'store-failed':
      return `${observation.by.name} has trouble with the store`
    case 'written':
      return tellWrite(observation.written)
    case 'shown':
      return `${observation.by.name} shows ${observation.token === null ? 'no token' : `generation ${observation.token.generation}`}`
    case 'status': {
      const { by, status, before } = observation
      if (status.state === before.state) return null
      return `${by.name} ${before.state} → ${status.state}${status.reason === null ? '' : ` (${status.reason})`}`
    }
    case 'asked':
      return null
    case 'told': {
      const { by, outcome } = observation.call
      return outcome === 'ok' ? null : `${by.name} tells a caller: ${outcome}`
    }
    case 'overdue':
      return `${observation.call.by.name} owes an answer`
    case 'signed-out':
      return `${observation.by.name} is signed out`
    case 'credentials':
      return `somebody gives credentials for ${observation.account}, or insists`
    case 'disposed':
      return `${observation.by.name} has ended`
  }
}

function tellWrite({ key, after }: Extract<Observation, { type: 'written' }>['written']): string {
  if (key === LEDGER_KEY) return `written: the ledger`
  const record = asRecord(after)
  if (record === null) return `deleted: ${key}`
  const { generation, epoch, signedOut, dead } = record
  return `written: ${key} (generation ${generation}, epoch ${epoch}, ${dead.length} dead${signedOut ? ', signed out' : ''})`
}
