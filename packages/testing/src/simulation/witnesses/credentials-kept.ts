import type { CreateWitness } from '../observation.ts'
import { asRecord } from '../record-view.ts'

/** P9: no failure deletes a credential; what was rotated leaves the store only for its successor or a change by people. */
export const watchCredentials: CreateWitness = ({ server }, court) => ({
  written({ written }) {
    if (!written.key.startsWith('grant/')) return
    const before = asRecord(written.before)
    const after = asRecord(written.after)
    const had = before?.credentials?.refreshToken
    if (before === null || had === undefined || after?.epoch !== before.epoch) return
    const has = after.credentials?.refreshToken
    if (has === had || (has !== undefined && server.spentBy(had) !== null)) return court.held('P9')
    court.broken('P9', `a refresh token leaves ${written.key} though nothing took its place`)
  },
})
