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

/** P3: failed logins that somebody heard of, and could write down, keep further ones within the budget. */
export const watchLoginBudget: CreateWitness = ({ world, setting }, court) => {
  const { loginBudget, loginBudgetWindow } = defaultPolicy
  /** Sessions that have heard of a failed login, when, and are writing it down; ms since the beginning. */
  const noting = new Map<SimulatedSession, number>()
  let noted: Noted[] = []

  return {
    answered({ flight }) {
      if (flight.refusal !== null) noting.set(flight.from, world.elapsed)
    },
    'store-failed'({ by }) {
      // Who cannot write cannot warn the others.
      noting.delete(by)
    },
    step({ by, step }) {
      if (step !== 'settled') return
      const heardAt = noting.get(by)
      if (heardAt !== undefined) noted.push({ heardAt, doneAt: world.elapsed, misdated: isMisled(by, setting) })
      noting.delete(by)
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
