import { credentialsFingerprint, sealCredentials } from '@evergrant/core'
import type { CreateWitness } from '../observation.ts'
import { asRecord, grantKeyOf } from '../record-view.ts'
import { ISSUER } from '../simulated-session.ts'

/** P2: what the store knows to be dead is not sent again, unless a person insists. */
export const watchDeadCredentials: CreateWitness = ({ world, store }, court) => {
  /** Since when a mark is among the dead of an account; ms since the beginning. */
  const deadSince = new Map<string, number>()

  return {
    written({ written: { key, after } }) {
      if (!key.startsWith('grant/')) return
      const dead = new Set(asRecord(after)?.dead.map(({ fingerprint }) => `${key} ${fingerprint}`))
      for (const mark of deadSince.keys()) if (mark.startsWith(`${key} `) && !dead.has(mark)) deadSince.delete(mark)
      for (const mark of dead) if (!deadSince.has(mark)) deadSince.set(mark, world.elapsed)
    },
    sent({ flight: { refreshToken, clientSecret, forced, from, knownAt } }) {
      if (deadSince.size === 0 || store.peek(grantKeyOf(from.account)) === null) return
      const mark = credentialsFingerprint(ISSUER, sealCredentials({ refreshToken, clientSecret }))
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
