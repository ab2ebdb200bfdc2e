import type { CreateWitness } from '../observation.ts'

/** P12: every call ends in its bound, and a session that has been disposed leaves nothing behind. */
export const watchHanging: CreateWitness = (_scene, court) => ({
  told() {
    court.held('P12')
  },
  overdue({ call: { by, bound } }) {
    court.broken('P12', `${by.name} has left a caller without an answer for longer than ${bound} ms`)
  },
  disposed({ by, alarms }) {
    if (alarms === 0) return court.held('P12')
    court.broken('P12', `${by.name} has been disposed and leaves ${alarms} alarms behind`)
  },
})
