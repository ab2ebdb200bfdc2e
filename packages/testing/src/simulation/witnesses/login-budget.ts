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

  return (seen) => {
    if (seen.type === 'answered' && seen.flight.refusal !== null) noting.set(seen.flight.from, world.elapsed)
    // Who cannot write cannot warn the others.
    if (seen.type === 'store-failed') noting.delete(seen.by)
    if (seen.type === 'step' && seen.step === 'settled') {
      const heardAt = noting.get(seen.by)
      if (heardAt !== undefined) noted.push({ heardAt, doneAt: world.elapsed, misdated: isMisled(seen.by, setting) })
      noting.delete(seen.by)
    }
    if (seen.type !== 'sent') return
    const { from, knownAt } = seen.flight
    noted = noted.filter(({ heardAt }) => heardAt > world.elapsed - loginBudgetWindow + DISAGREEMENT)
    const known = noted.filter(({ doneAt }) => doneAt < knownAt)
    if (known.length < loginBudget) return known.length === 0 ? undefined : court.held('P3')
    if (isMisled(from, setting) || known.some(({ misdated }) => misdated)) return court.excused('P3')
    court.broken('P3', `${from.name} logs in though ${known.length} logins have failed within ten minutes`)
  }
}
