import { Problem } from './problem.ts'

export interface PageWish {
  readonly limit: number
  readonly after: string
}

const DEFAULT_LIMIT = 100
const MOST = 1_000

export function readPage(query: {
  readonly limit?: string | undefined
  readonly after?: string | undefined
}): PageWish {
  const limit = Number(query.limit ?? DEFAULT_LIMIT)
  if (limit > MOST) throw new Problem('invalid-request', { detail: `A page has ${MOST} entries at most` })
  return { limit, after: query.after ?? '' }
}

/** `found` has one more than the page if there is a next one. */
export function pageOf(found: readonly string[], limit: number): { items: readonly string[]; next: string | null } {
  const items = found.slice(0, limit)
  return { items, next: found.length > limit ? (items.at(-1) ?? null) : null }
}
