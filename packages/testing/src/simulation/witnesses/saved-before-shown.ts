import { lostItsLease, type Flight } from '../flight.ts'
import type { CreateWitness } from '../observation.ts'
import { asRecord } from '../record-view.ts'

/** P7: what was rotated is durable before it is shown, and no grant is lost but in the window that no client can close. */
export const watchSaving: CreateWitness = ({ server, setting, world }, court) => {
  /** Every refresh token that was ever durable, and since when; ms since the beginning. */
  const durable = new Map<string, number>()
  /** Every access token that was. */
  const durableAccess = new Set<string>()
  /** When people last changed an account, by signing out or by giving credentials. */
  const changedAt = new Map<string, number>()

  /** A refresh token is sent again after it was spent, and the grant is lost for it. Could that be helped? */
  function judgeLoss(first: Flight, second: Flight): void {
    const { account } = second.from
    const stray = first.strayed || second.strayed || lostItsLease(second) || second.forced
    const byPeople = (changedAt.get(account) ?? Number.NEGATIVE_INFINITY) >= first.sentAt
    if (stray || byPeople) return court.excused('P7')
    const savedAt = first.successor === null ? undefined : durable.get(first.successor)
    const what = `${second.from.name} sends a refresh token that ${first.from.name} had spent`
    if (savedAt !== undefined && savedAt < second.knownAt)
      return court.broken('P7', `${what}, though its successor was saved`)
    if (setting.rotation === 'grace') return court.broken('P7', `${what}, and loses the grant in spite of the grace`)
    const inTheWindow = first.heard !== 'token' || !first.from.process.alive || lostItsLease(first)
    if (inTheWindow) return court.excused('P7')
    court.broken('P7', `${what}, and had never saved what came for it`)
  }

  return {
    'signed-out'({ by }) {
      changedAt.set(by.account, world.elapsed)
    },
    credentials({ account }) {
      changedAt.set(account, world.elapsed)
    },
    written({ written }) {
      if (!written.key.startsWith('grant/')) return
      const record = asRecord(written.after)
      const refreshToken = record?.credentials?.refreshToken
      if (refreshToken !== undefined && !durable.has(refreshToken)) durable.set(refreshToken, world.elapsed)
      if (record?.token != null) durableAccess.add(record.token.value)
    },
    shown({ by, token }) {
      const successor = token === null ? null : (server.broughtBy(token.value)?.successor ?? null)
      if (token === null || successor === null) return
      if (durable.has(successor) && durableAccess.has(token.value)) return court.held('P7')
      court.broken('P7', `${by.name} shows a token before the refresh token that came with it is durable`)
    },
    refused({ flight, refusal }) {
      const first = refusal === 'reused' ? server.spentBy(flight.refreshToken) : null
      if (first !== null) judgeLoss(first, flight)
    },
  }
}
