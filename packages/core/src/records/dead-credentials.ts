import type { RevokedReason } from '../verdict.ts'
import type { GrantRecord } from './record.ts'

/** Marks of dead credentials that a record remembers. */
const DEAD_REMEMBERED = 10

/** The dead with one more among them, the newest last. */
export function addDead(record: GrantRecord, mark: string, reason: RevokedReason): GrantRecord['dead'] {
  return [...withoutDead(record, mark), { fingerprint: mark, reason }].slice(-DEAD_REMEMBERED)
}

/** The dead without these, which the server has been seen to take. */
export function withoutDead({ dead }: GrantRecord, mark: string): GrantRecord['dead'] {
  return dead.filter(({ fingerprint }) => fingerprint !== mark)
}

/** Why the server has condemned these credentials; `null` if it has not. */
export function deathOf({ dead }: GrantRecord, mark: string): RevokedReason | null {
  return dead.find(({ fingerprint }) => fingerprint === mark)?.reason ?? null
}
