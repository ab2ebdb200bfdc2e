import type { Clock } from '@evergrant/core'
import type { LeaseEntry } from './lease-table.ts'
import { fateOf, thisProcess } from './owner.ts'
import type { Vigil } from './vigil.ts'

/** Names one state of one lease: another with each holder and with each sign of life. */
export function markOf({ owner, renewals }: LeaseEntry): string {
  return `${owner.nonce} ${renewals}`
}

/**
 * The owner is dead, or has shown no sign of life while we watched: for the whole ttl, or for half of it where its own
 * stored expiry has passed too. The living show one every third of the ttl, whatever their wall clock says.
 */
export function isOver(entry: LeaseEntry, vigil: Vigil, clock: Clock): boolean {
  if (fateOf(entry.owner, thisProcess()) === 'dead') return true
  const watched = vigil.look(markOf(entry))
  return watched >= entry.ttl || (watched >= entry.ttl / 2 && clock.now() >= entry.expiresAt)
}
