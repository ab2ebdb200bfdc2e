import type { CreateWitness } from '../observation.ts'

/** P6: with a living token in hand nobody waits. */
export const watchServing: CreateWitness = ({ world }, court) => ({
  asked({ call }) {
    if (call.present === null) return
    world.endOfStep(() => {
      if (call.outcome === 'ok') return court.held('P6')
      const told = call.outcome ?? 'nothing yet'
      court.broken('P6', `${call.by.name} has a living token, and a caller who asks for it is told: ${told}`)
    })
  },
})
