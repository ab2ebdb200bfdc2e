import type { Flight } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'
import { recordOf } from '../record-view.ts'
import type { SimulatedSession } from '../simulated-session.ts'
import { DISAGREEMENT } from './no-stale-token.ts'

/**
 * P9: nobody stands at `revoked` whose credentials no server has refused. P8: nor where new credentials, or a newer token,
 * were durable before the refusal was heard of.
 */
export const watchDespair: CreateWitness = ({ world, store, server }, court) => {
  /** The last refusal that each account, and each session, has heard of or earned. */
  const refusedAccounts = new Set<string>()
  const heard = new Map<SimulatedSession, { readonly flight: Flight; readonly epoch: number; readonly at: number }>()
  /** Since when the present epoch, and the present token, of an account are durable; ms since the beginning. */
  const news = new Map<string, { epoch: number; epochSince: number; generation: number; tokenSince: number }>()

  return {
    refused({ flight }) {
      refusedAccounts.add(flight.from.account)
    },
    sent({ flight }) {
      heard.set(flight.from, { flight, epoch: recordOf(store, flight.from.account)?.epoch ?? 0, at: world.elapsed })
    },
    written({ written: { key } }) {
      if (!key.startsWith('grant/')) return
      const account = key.slice('grant/'.length)
      const { epoch = 0, generation = 0 } = recordOf(store, account) ?? {}
      const known = news.get(account)
      const epochSince = known?.epoch === epoch ? known.epochSince : world.elapsed
      const tokenSince = known?.generation === generation ? known.tokenSince : world.elapsed
      news.set(account, { epoch, epochSince, generation, tokenSince })
    },
    status({ by, status, before }) {
      if (status.state !== 'revoked' || before.state === 'revoked') return
      if (!refusedAccounts.has(by.account)) {
        return court.broken('P9', `${by.name} stands at revoked (${status.reason}), and no server ever refused it`)
      }
      court.held('P9')
      const last = heard.get(by)
      const known = news.get(by.account)
      const answeredAt = last?.flight.refusal === null ? null : (last?.flight.answeredAt ?? null)
      // What it learnt later, from the store alone, is no despair.
      if (last === undefined || known === undefined || answeredAt === null || by.knownAt !== last.flight.knownAt) return
      if (known.epoch > last.epoch && known.epochSince < answeredAt) {
        return court.broken('P8', `${by.name} gives up, though new credentials were stored before it was refused`)
      }
      const token = recordOf(store, by.account)?.token ?? null
      const lives = token !== null && (server.lifeOf(token.value) ?? 0) > world.now + DISAGREEMENT
      if (
        lives &&
        known.generation > last.flight.have &&
        known.tokenSince < answeredAt &&
        !by.rejected.has(known.generation)
      ) {
        return court.broken('P8', `${by.name} gives up, though a newer token was stored before it was refused`)
      }
      court.held('P8')
    },
  }
}
