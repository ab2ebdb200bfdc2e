import { isOpen, lostItsLease } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'

/** P1: whoever sends holds the lease, and nobody else's request is under way. */
export const watchOneSpender: CreateWitness = ({ flights }, court) => ({
  sent({ flight }) {
    const { account, name } = flight.from
    if (flight.lease === null)
      return court.broken('P1', `${name} sends a token request without ever having had a lease`)
    if (flight.lease.released) return court.broken('P1', `${name} sends a token request after giving back its lease`)
    if (lostItsLease(flight)) return court.excused('P1')
    for (let index = flights.length - 1; index >= 0; index -= 1) {
      const other = flights[index]
      if (other === undefined || other === flight || other.from.account !== account || !isOpen(other)) continue
      if (lostItsLease(other)) return court.excused('P1')
      return court.broken('P1', `${name} sends a token request while that of ${other.from.name} is under way`)
    }
    court.held('P1')
  },
})
