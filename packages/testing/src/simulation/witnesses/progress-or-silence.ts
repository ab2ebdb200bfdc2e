import type { CreateWitness } from '../observation.ts'

/** More requests than this within this time are a loop, whatever goes wrong meanwhile; in ms. */
const MOST = 60
const WINDOW = 20_000

/** P13: no loop of token requests. */
export const watchProgress: CreateWitness = ({ world }, court) => {
  const sent = new Map<string, number[]>()

  return {
    sent({ flight }) {
      const { account, name } = flight.from
      const recent = (sent.get(account) ?? []).filter((at) => at > world.elapsed - WINDOW)
      recent.push(world.elapsed)
      sent.set(account, recent)
      if (recent.length <= MOST) return court.held('P13')
      court.broken(
        'P13',
        `${recent.length} token requests of ${account} within ${WINDOW / 1000} s, the last by ${name}`,
      )
    },
  }
}
