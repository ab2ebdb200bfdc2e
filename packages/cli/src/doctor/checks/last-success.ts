import type { AccountReport } from '@evergrant/core'
import { formatMoment } from '../../output/moment.ts'
import { fine, note, type Finding } from '../finding.ts'

/** After this long a token is not renewed by anybody. In ms. */
const LONG_AGO = 24 * 3_600_000

/** When the last token was granted. */
export function checkLastSuccess({ token }: AccountReport, now: number): Finding {
  if (token === null)
    return note('last-success', { title: 'No token has been fetched with these credentials yet.', cause: '' })
  const { issuedAt, expiresAt, generation, usable } = token
  const facts = { issuedAt, expiresAt, generation, usable }
  const title = `The last token was granted ${formatMoment(issuedAt, now)}.`
  if (now - issuedAt < LONG_AGO) return fine('last-success', title, facts)
  return note('last-success', {
    title,
    cause: 'Nothing has renewed it since: no bot runs on this store, or it cannot log in.',
    facts,
  })
}
