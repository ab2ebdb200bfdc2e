import { lostItsLease } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'

/** P7: a grant that was lost with a rotation is called so, and not a revocation. */
export const watchNames: CreateWitness = ({ server, world }, court) => {
  /** Accounts whose last refusal was for a refresh token that had been spent, in a request whose end nobody learnt. */
  const lost = new Set<string>()
  /** When people last changed an account: what they give again, or go back to, is in nobody's journal. */
  const changedAt = new Map<string, number>()

  function changed(account: string): void {
    changedAt.set(account, world.elapsed)
    lost.delete(account)
  }

  return {
    'signed-out': ({ by }) => changed(by.account),
    credentials: ({ account }) => changed(account),
    refused({ flight, refusal }) {
      const { account } = flight.from
      lost.delete(account)
      const first = refusal === 'reused' ? server.spentBy(flight.refreshToken) : null
      if (first === null || first.from.account !== account) return
      // Whoever has lost the lease, or was overtaken by its own request, has not seen the journal of the first.
      const stray = first.strayed || flight.strayed || lostItsLease(first) || lostItsLease(flight)
      const byPeople = (changedAt.get(account) ?? Number.NEGATIVE_INFINITY) >= first.sentAt
      if (!stray && !byPeople) lost.add(account)
    },
    status({ by, status, before }) {
      if (status.state !== 'revoked' || before.state === 'revoked' || !lost.has(by.account)) return
      if (status.reason === 'rotation-lost') return court.held('P7')
      court.broken('P7', `${by.name} calls a lost rotation ${status.reason}`)
    },
  }
}
