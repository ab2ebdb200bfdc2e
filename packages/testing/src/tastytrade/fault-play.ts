import type { CutConnection, Delivery } from './answers.ts'
import { faultAnswer } from './fault-answers.ts'
import type { MetFault } from './fault-script.ts'
import type { LoginGuard } from './login-guard.ts'
import { silence, type ServerTime } from './server-time.ts'
import type { Visit } from './visit.ts'

export interface FaultPlayParts {
  readonly time: ServerTime
  readonly guard: LoginGuard
  readonly routes: (visit: Visit) => Promise<Response>
}

const CUT: CutConnection = { cut: true }

/** Plays the faults of time and of the connection; those that are an answer of their own are in `fault-answers.ts`. */
export function createFaultPlay(parts: FaultPlayParts): (met: MetFault, visit: Visit) => Promise<Delivery> {
  const { time, guard, routes } = parts

  // The date is when the server made the answer, however long it is held back afterwards.
  async function carryOut(visit: Visit, dateOff = 0): Promise<Response> {
    const response = await routes(visit)
    stampDate(response, time.now() + dateOff)
    return response
  }

  return async (met, visit) => {
    const { line, gone } = visit
    switch (met.fault) {
      case 'never-answers':
        line.park('never-answered')
        return silence(gone)
      case 'address-block':
        guard.block(met.parameters.blockFor)
        line.park('blocked')
        return silence(gone)
      case 'connection-reset':
        line.note({ outcome: 'reset' })
        return CUT
      case 'lost-answer':
        await carryOut(visit)
        return CUT
      case 'slow': {
        const { delay = 5_000, holds = 'answer' } = met.parameters
        if (holds === 'request') await time.wait(delay, gone)
        const response = await carryOut(visit)
        if (holds === 'answer') await time.wait(delay, gone)
        return response
      }
      case 'truncated':
        return truncate(await carryOut(visit), met.parameters.at ?? 'connection')
      case 'date-skew':
        return carryOut(visit, met.parameters.by ?? 7_200_000)
      case 'cached-date': {
        const { age = 3_600 } = met.parameters
        const response = await carryOut(visit, -age * 1000)
        response.headers.set('age', String(age))
        return response
      }
      default:
        return faultAnswer(met, visit, parts) ?? routes(visit)
    }
  }
}

/** Sets the `Date` header (RFC 9110 section 6.6.1), whole seconds. */
export function stampDate(response: Response, at: number): void {
  response.headers.set('date', new Date(at).toUTCString())
}

async function truncate(response: Response, at: 'connection' | 'json'): Promise<Delivery> {
  const text = await response.text()
  const sent = text.slice(0, Math.floor(text.length / 2))
  if (at === 'json') return new Response(sent, response)
  const headers = new Headers(response.headers)
  headers.set('content-length', String(new TextEncoder().encode(text).length))
  return { cut: true, head: { status: response.status, headers, sent } }
}
