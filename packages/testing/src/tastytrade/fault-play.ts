import type { PartialAnswer, Delivery } from './answers.ts'
import { faultAnswer } from './fault-answers.ts'
import { spoilsGrant, takesPlaceOfAnswer, type MetFault } from './fault-script.ts'
import type { LoginGuard } from './login-guard.ts'
import { silence, type ServerTime } from './server-time.ts'
import type { Visit } from './visit.ts'

export interface FaultPlayParts {
  readonly time: ServerTime
  readonly guard: LoginGuard
  readonly routes: (visit: Visit) => Promise<Response>
}

const BROKEN: PartialAnswer = { ends: 'breaks' }

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
    if (takesPlaceOfAnswer(met)) return faultAnswer(met, visit, parts)
    // The token endpoint spoils its own answer.
    if (spoilsGrant(met)) return routes(visit)
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
        return BROKEN
      case 'lost-answer':
        await carryOut(visit)
        return BROKEN
      case 'slow': {
        const { delay = 5_000, holds = 'answer' } = met.parameters
        if (holds === 'request') await time.wait(delay, gone)
        const response = await carryOut(visit)
        if (holds === 'answer') await time.wait(delay, gone)
        return response
      }
      case 'truncated':
        return met.parameters.at === 'json'
          ? withHalfTheText(await carryOut(visit))
          : cutShort(await carryOut(visit), 'breaks')
      case 'stalls':
        return cutShort(await carryOut(visit), 'stalls')
      case 'date-skew':
        return carryOut(visit, met.parameters.by ?? 7_200_000)
      case 'cached-date': {
        const { age = 3_600 } = met.parameters
        const response = await carryOut(visit, -age * 1000)
        response.headers.set('age', String(age))
        return response
      }
    }
  }
}

/** Sets the `Date` header (RFC 9110 section 6.6.1), whole seconds. */
export function stampDate(response: Response, at: number): void {
  response.headers.set('date', new Date(at).toUTCString())
}

function half(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}

async function withHalfTheText(response: Response): Promise<Response> {
  return new Response(half(await response.text()), response)
}

async function cutShort(response: Response, ends: PartialAnswer['ends']): Promise<PartialAnswer> {
  const text = await response.text()
  const headers = new Headers(response.headers)
  headers.set('content-length', String(new TextEncoder().encode(text).length))
  return { ends, head: { status: response.status, headers, sent: half(text) } }
}
