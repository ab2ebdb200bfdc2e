import type { CreateWitness } from '../observation.ts'
import { recordOf } from '../record-view.ts'
import { isMisled, type SimulatedSession } from '../simulated-session.ts'
import { DISAGREEMENT } from './no-stale-token.ts'

interface Known {
  readonly generation: number
  readonly epoch: number
  /** When it dies, or when its record says so: whoever fetched it slowly had to count from the start of the request. */
  readonly diesAt: number
  /** Whoever fetched it had the time wrong, so that others may not believe its dates. */
  readonly misdated: boolean
}

/** P10: what a sibling has fetched already is adopted, however many ask and whatever was refused before. */
export const watchNeedlessRequests: CreateWitness = ({ world, store, server, setting }, court) => {
  /** The living token that was stored before a session took its lease. */
  const stored = new Map<string, { readonly known: Known; readonly since: number }>()

  return {
    written({ written: { key } }) {
      if (!key.startsWith('grant/')) return
      const account = key.slice('grant/'.length)
      const record = recordOf(store, account)
      const diesAt = record?.token == null ? null : server.lifeOf(record.token.value)
      if (record === null || diesAt === null || record.generation <= record.rejected) return void stored.delete(account)
      const before = stored.get(account)
      if (before?.known.generation === record.generation && before.known.epoch === record.epoch) return
      const { generation, epoch, token } = record
      const bringer = token === null ? undefined : server.broughtBy(token.value)?.from
      const misdated = bringer !== undefined && isMisled(bringer, setting)
      const known = { generation, epoch, diesAt: Math.min(diesAt, token?.expiresAt ?? diesAt), misdated }
      stored.set(account, { known, since: world.elapsed })
    },
    sent({ flight }) {
      const there = stored.get(flight.from.account)
      if (there === undefined || there.since >= flight.knownAt) return
      if (isNews(there.known, flight.from, flight.have, world.now)) {
        if (there.known.misdated || isMisled(flight.from, setting)) return court.excused('P10')
        return court.broken('P10', `${flight.from.name} asks the server though a newer token lies in the store`)
      }
      court.held('P10')
    },
  }
}

function isNews({ generation, diesAt }: Known, by: SimulatedSession, have: number, now: number): boolean {
  if (generation <= have || by.rejected.has(generation)) return false
  return now < diesAt - DISAGREEMENT
}
