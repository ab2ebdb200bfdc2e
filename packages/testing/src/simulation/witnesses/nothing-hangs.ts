import type { CreateWitness } from '../observation.ts'

/** P12: every call ends in its bound, and a session that has been disposed leaves nothing behind. */
export const watchHanging: CreateWitness = (_scene, court) => (seen) => {
  if (seen.type === 'told') return court.held('P12')
  if (seen.type === 'overdue') {
    const { by, bound } = seen.call
    court.broken('P12', `${by.name} has left a caller without an answer for longer than ${bound} ms`)
  }
  if (seen.type !== 'disposed') return
  if (seen.alarms === 0) return court.held('P12')
  court.broken('P12', `${seen.by.name} has been disposed and leaves ${seen.alarms} alarms behind`)
}
