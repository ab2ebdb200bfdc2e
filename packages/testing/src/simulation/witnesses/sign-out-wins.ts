import type { CreateWitness } from '../observation.ts'
import { asRecord, recordOf } from '../record-view.ts'

/** P14: after a sign-out nothing is shown and nothing is sent, until somebody gives credentials or asks with force. */
export const watchSignOut: CreateWitness = ({ world, store }, court) => {
  /** Sessions that were signed out by their own hand. */
  const out = new Set<string>()
  /** Since when an account is signed out, and in which epoch of its record; ms since the beginning. */
  const outSince = new Map<string, { readonly at: number; readonly epoch: number }>()

  return (seen) => {
    if (seen.type === 'signed-out') out.add(seen.by.name)
    if (seen.type === 'credentials') {
      for (const name of out) if (name.endsWith(`/${seen.account}`)) out.delete(name)
      outSince.delete(`grant/${seen.account}`)
    }
    if (seen.type === 'written' && seen.written.key.startsWith('grant/')) {
      const { key, after } = seen.written
      const record = asRecord(after)
      // A request under way writes the sign-out away, which is what must not happen; only a new epoch ends it.
      if (record === null || record.epoch !== outSince.get(key)?.epoch) outSince.delete(key)
      if (record?.signedOut === true && !outSince.has(key))
        outSince.set(key, { at: world.elapsed, epoch: record.epoch })
    }
    if (seen.type === 'shown' && seen.token !== null && out.has(seen.by.name)) {
      if (recordOf(store, seen.by.account)?.signedOut !== true) return void out.delete(seen.by.name)
      return court.broken('P14', `${seen.by.name} was signed out, and shows a token`)
    }
    if (seen.type === 'told' && seen.token === null && out.has(seen.call.by.name)) court.held('P14')
    if (seen.type !== 'sent') return
    const { from, knownAt, forced } = seen.flight
    const since = outSince.get(`grant/${from.account}`)
    if (since === undefined) return
    if (forced) {
      // Whoever insists signs in again, though the sign-out came a moment after.
      outSince.delete(`grant/${from.account}`)
      return court.excused('P14')
    }
    if (since.at >= knownAt) return
    court.broken('P14', `${from.name} sends a token request for an account that is signed out`)
  }
}
