import type { ErrorCode } from '../errors.ts'
import type { Outcome } from '../exchange/outcome.ts'
import { asFault } from '../fault.ts'
import type { ExchangeInput, ExchangeOutput, TimedFault } from '../machine/events.ts'
import type { Publication } from '../published/publication.ts'
import type { Timeline } from '../time/timeline.ts'

/** What an exchange is run by and told through. */
export interface ToldExchange {
  readonly timeline: Timeline
  readonly shown: Publication
  readonly run: () => Promise<Outcome>
  /** False once a sign-out or new credentials have made it of no use. */
  readonly stands: () => boolean
  /** Takes down what waiting callers are told, of an exchange that stands. */
  readonly note: (ended: Outcome | TimedFault) => void
}

/** Runs an exchange, and tells of its beginning and its end. Rejects with a {@link TimedFault} only. */
export async function tellExchange(
  { timeline, shown, run, stands, note }: ToldExchange,
  { attempts }: ExchangeInput,
): Promise<ExchangeOutput> {
  const began = timeline.now()
  const tellEnd = (at: number, outcome: Outcome['type'] | 'fault' | 'cancelled', code: ErrorCode | null) =>
    shown.emit({ type: 'refresh-ended', at, outcome, code, took: at - began })
  shown.emit({ type: 'refresh-started', at: began, attempt: attempts + 1 })
  try {
    const outcome = await run()
    if (stands()) note(outcome)
    const at = timeline.now()
    tellEnd(at, outcome.type, 'error' in outcome ? outcome.error.code : null)
    return { outcome, at }
  } catch (error) {
    const fault: TimedFault = { at: timeline.now(), error: asFault(error) }
    if (stands()) {
      note(fault)
      tellEnd(fault.at, 'fault', fault.error.code)
    } else {
      tellEnd(fault.at, 'cancelled', null)
    }
    throw fault
  }
}
