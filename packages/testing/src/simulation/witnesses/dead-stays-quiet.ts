import { credentialsFingerprint, sealCredentials } from '@evergrant/core'
import type { Flight } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'
import { asRecord, grantKeyOf, recordOf } from '../record-view.ts'
import { ISSUER, type SimulatedSession } from '../simulated-session.ts'

/**
 * P2: what the store knows to be dead is not sent again, unless a person insists; nor by the session that heard it
 * refused, whatever became of the store then.
 */
export const watchDeadCredentials: CreateWitness = ({ world, store }, court) => {
  /** Since when a mark is among the dead of an account; ms since the beginning. */
  const deadSince = new Map<string, number>()
  /** The epoch under which each request was sent: whoever sets the same credentials again wants them tried again. */
  const sentUnder = new WeakMap<Flight, number>()
  /** The last refusal that each session has heard, with that epoch. */
  const heard = new Map<SimulatedSession, { readonly mark: string; readonly epoch: number }>()

  const epochOf = (account: string) => recordOf(store, account)?.epoch ?? 0

  function forget(account: string): void {
    for (const session of heard.keys()) if (session.account === account) heard.delete(session)
  }

  return {
    written({ written: { key, after } }) {
      if (!key.startsWith('grant/')) return
      const dead = new Set(asRecord(after)?.dead.map(({ fingerprint }) => `${key} ${fingerprint}`))
      for (const mark of deadSince.keys()) if (mark.startsWith(`${key} `) && !dead.has(mark)) deadSince.delete(mark)
      for (const mark of dead) if (!deadSince.has(mark)) deadSince.set(mark, world.elapsed)
    },
    answered({ flight }) {
      const { from, refusal, heard: answer } = flight
      if (answer === 'failure' && refusal !== null) {
        heard.set(from, { mark: markOf(flight), epoch: sentUnder.get(flight) ?? 0 })
      }
    },
    granted: ({ flight }) => forget(flight.from.account),
    credentials: ({ account }) => forget(account),
    'signed-out': ({ by }) => forget(by.account),
    sent({ flight }) {
      const { forced, from, knownAt } = flight
      sentUnder.set(flight, epochOf(from.account))
      const mark = markOf(flight)
      const refused = heard.get(from)
      if (!forced && refused?.mark === mark && refused.epoch === epochOf(from.account)) {
        return court.broken('P2', `${from.name} sends again what it has heard to be refused`)
      }
      if (deadSince.size === 0 || store.peek(grantKeyOf(from.account)) === null) return
      const since = deadSince.get(`${grantKeyOf(from.account)} ${mark}`)
      if (since === undefined || since >= knownAt) return court.held('P2')
      if (forced) return court.excused('P2')
      court.broken(
        'P2',
        `${from.name} sends what is known to be dead since ${Math.round((world.elapsed - since) / 1000)} s`,
      )
    },
  }
}

function markOf({ refreshToken, clientSecret }: Flight): string {
  return credentialsFingerprint(ISSUER, sealCredentials({ refreshToken, clientSecret }))
}
