import type { CreateWitness } from '../observation.ts'
import { asRecord, recordOf } from '../record-view.ts'

/** P14: after a sign-out nothing is shown and nothing is sent, until somebody gives credentials or asks with force. */
export const watchSignOut: CreateWitness = ({ world, store }, court) => {
  /** Sessions that were signed out by their own hand. */
  const out = new Set<string>()
  /** Since when an account is signed out, and in which epoch of its record; ms since the beginning. */
  const outSince = new Map<string, { readonly at: number; readonly epoch: number }>()

  return {
    'signed-out'({ by }) {
      out.add(by.name)
    },
    credentials({ account }) {
      for (const name of out) if (name.endsWith(`/${account}`)) out.delete(name)
      outSince.delete(`grant/${account}`)
    },
    written({ written: { key, after } }) {
      if (!key.startsWith('grant/')) return
      const record = asRecord(after)
      // A request under way writes the sign-out away, which is what must not happen; only a new epoch ends it.
      if (record === null || record.epoch !== outSince.get(key)?.epoch) outSince.delete(key)
      if (record?.signedOut === true && !outSince.has(key))
        outSince.set(key, { at: world.elapsed, epoch: record.epoch })
    },
    shown({ by, token }) {
      if (token === null || !out.has(by.name)) return
      if (recordOf(store, by.account)?.signedOut !== true) return void out.delete(by.name)
      court.broken('P14', `${by.name} was signed out, and shows a token`)
    },
    told({ call, token }) {
      if (token === null && out.has(call.by.name)) court.held('P14')
    },
    sent({ flight: { from, knownAt, forced } }) {
      const since = outSince.get(`grant/${from.account}`)
      if (since === undefined) return
      if (forced) {
        // Whoever insists signs in again, though the sign-out came a moment after.
        outSince.delete(`grant/${from.account}`)
        return court.excused('P14')
      }
      if (since.at >= knownAt) return
      court.broken('P14', `${from.name} sends a token request for an account that is signed out`)
    },
  }
}
