import { lostItsLease } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'

/** P7: a grant that was lost with a rotation is called so, and not a revocation. */
export const watchNames: CreateWitness = ({ server, world }, court) => {
  /** Accounts whose last refusal was for a refresh token that had been spent, in a request whose end nobody learnt. */
  const lost = new Set<string>()
  /** When people last changed an account: what they give again, or go back to, is in nobody's journal. */
  const changedAt = new Map<string, number>()

  return (seen) => {
    if (seen.type === 'credentials' || seen.type === 'signed-out') {
      const account = seen.type === 'credentials' ? seen.account : seen.by.account
      changedAt.set(account, world.elapsed)
      lost.delete(account)
    }
    if (seen.type === 'refused') {
      const { flight, refusal } = seen
      const { account } = flight.from
      lost.delete(account)
      const first = refusal === 'reused' ? server.spentBy(flight.refreshToken) : null
      if (first === null || first.from.account !== account) return
      // Whoever has lost the lease, or was overtaken by its own request, has not seen the journal of the first.
      const stray = first.strayed || flight.strayed || lostItsLease(first) || lostItsLease(flight)
      const byPeople = (changedAt.get(account) ?? Number.NEGATIVE_INFINITY) >= first.sentAt
      if (!stray && !byPeople) lost.add(account)
    }
    if (seen.type !== 'status' || seen.status.state !== 'revoked' || seen.before.state === 'revoked') return
    if (!lost.has(seen.by.account)) return
    if (seen.status.reason === 'rotation-lost') return court.held('P7')
    court.broken('P7', `${seen.by.name} calls a lost rotation ${seen.status.reason}`)
  }
}
