import type { CreateWitness } from '../observation.ts'

/** P6: with a living token in hand nobody waits. */
export const watchServing: CreateWitness =
  ({ world }, court) =>
  (seen) => {
    if (seen.type !== 'asked' || seen.call.present === null) return
    const { call } = seen
    world.endOfStep(() => {
      if (call.outcome === 'ok') return court.held('P6')
      const told = call.outcome ?? 'nothing yet'
      court.broken('P6', `${call.by.name} has a living token, and a caller who asks for it is told: ${told}`)
    })
  }
