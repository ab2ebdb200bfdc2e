import { defaultPolicy } from '@evergrant/core'
import type { CreateWitness } from '../observation.ts'
import { isMisled, type SimulatedSession } from '../simulated-session.ts'
import { DISAGREEMENT } from './no-stale-token.ts'

/** P3: failed logins that somebody heard of, and could write down, keep further ones within the budget. */
export const watchLoginBudget: CreateWitness = ({ world, setting }, court) => {
  const { loginBudget, loginBudgetWindow } = defaultPolicy
  /** Sessions that have heard of a failed login, when, and are writing it down; ms since the beginning. */
  const noting = new Map<SimulatedSession, number>()
  /** Failed logins that were written down: when they were heard of, and when that was done. */
  let noted: { readonly heardAt: number; readonly doneAt: number }[] = []

  return (seen) => {
    if (seen.type === 'answered' && seen.flight.refusal !== null) noting.set(seen.flight.from, world.elapsed)
    // Who cannot write cannot warn the others.
    if (seen.type === 'store-failed') noting.delete(seen.by)
    if (seen.type === 'step' && seen.step === 'settled') {
      const heardAt = noting.get(seen.by)
      if (heardAt !== undefined) noted.push({ heardAt, doneAt: world.elapsed })
      noting.delete(seen.by)
    }
    if (seen.type !== 'sent') return
    const { from, knownAt } = seen.flight
    noted = noted.filter(({ heardAt }) => heardAt > world.elapsed - loginBudgetWindow + DISAGREEMENT)
    const known = noted.filter(({ doneAt }) => doneAt < knownAt).length
    if (known < loginBudget) return known === 0 ? undefined : court.held('P3')
    if (isMisled(from, setting)) return court.excused('P3')
    court.broken('P3', `${from.name} logs in though ${known} logins have failed within ten minutes`)
  }
}
