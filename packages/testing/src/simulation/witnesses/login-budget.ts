import { defaultPolicy } from '@evergrant/core'
import type { CreateWitness } from '../observation.ts'
import { isMisled, type SimulatedSession } from '../simulated-session.ts'
import { DISAGREEMENT } from './no-stale-token.ts'

/** A failed login that was written down. Times in ms since the beginning. */
interface Noted {
  readonly heardAt: number
  readonly doneAt: number
  /** Whoever wrote it had the time wrong, so that others may take it for an older one. */
  readonly misdated: boolean
}

/** What a session has under way. New credentials begin an exchange while the one before may still be writing. */
interface Writing {
  /** Exchanges that were admitted and have not settled. */
  open: number
  /** When it heard of failed logins that it is writing down; ms since the beginning. */
  heardAt: number[]
}

/** P3: failed logins that somebody heard of, and could write down, keep further ones within the budget. */
export const watchLoginBudget: CreateWitness = ({ world, setting }, court) => {
  const { loginBudget, loginBudgetWindow } = defaultPolicy
  const writing = new Map<SimulatedSession, Writing>()
  let noted: Noted[] = []

  function writingOf(session: SimulatedSession): Writing {
    const known = writing.get(session) ?? { open: 0, heardAt: [] }
    writing.set(session, known)
    return known
  }

  return {
    answered({ flight }) {
      if (flight.refusal !== null) writingOf(flight.from).heardAt.push(world.elapsed)
    },
    'store-failed'({ by }) {
      // Who cannot write cannot warn the others.
      writingOf(by).heardAt = []
    },
    step({ by, step }) {
      if (step === 'admitted') writingOf(by).open += 1
      if (step !== 'settled') return
      const own = writingOf(by)
      own.open -= 1
      // Which of several has settled cannot be seen from outside; when all have, all is written.
      if (own.open > 0) return
      const misdated = isMisled(by, setting)
      noted.push(...own.heardAt.splice(0).map((heardAt) => ({ heardAt, doneAt: world.elapsed, misdated })))
    },
    sent({ flight: { from, knownAt } }) {
      noted = noted.filter(({ heardAt }) => heardAt > world.elapsed - loginBudgetWindow + DISAGREEMENT)
      const known = noted.filter(({ doneAt }) => doneAt < knownAt)
      if (known.length < loginBudget) return known.length === 0 ? undefined : court.held('P3')
      if (isMisled(from, setting) || known.some(({ misdated }) => misdated)) return court.excused('P3')
      court.broken('P3', `${from.name} logs in though ${known.length} logins have failed within ten minutes`)
    },
  }
}
