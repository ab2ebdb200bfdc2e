import { isEvergrantError, type EvergrantError } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'

/** What to do about it, by SQLSTATE (appendix A of PostgreSQL's manual) or by the name of a system error. */
const HELP_BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Check host and port, and that the server runs.',
  ENOTFOUND: 'That host name is not known. Check it.',
  EAI_AGAIN: 'The host name could not be looked up. Check the network and DNS.',
  '08P01': 'The server, or a proxy before it, did not understand. Check that PostgreSQL listens there.',
  '22021': 'The encoding of the database cannot hold this text. Use a database in UTF8.',
  '22P05': 'The encoding of the database cannot hold this text. Use a database in UTF8.',
  '25006': 'That server only reads, as a standby does. Connect to the primary.',
  '28000': 'The server refuses this user. Check user, database and pg_hba.conf.',
  '28P01': 'The server refuses this password. Check user and password.',
  '3D000': 'That database does not exist. Create it, or name another.',
  '3F000': 'The schema is gone. The next call makes it again, empty; restore a backup if that is not what you want.',
  '42501':
    'This user may not do that. Grant it USAGE and CREATE on the schema, or let the owner of the tables run this once.',
  '42P01': 'The tables are gone. The next call makes them again, empty; restore a backup if that is not what you want.',
  '53100': 'The disk of the server is full. Free some space; nothing was written.',
  '53300': 'The server has too many connections. Share one pool, set PgBouncer before it, or raise max_connections.',
  '54000': 'The key is too long for an index of PostgreSQL. Use a shorter account name.',
  '57014': 'The server cancelled it, perhaps by a statement_timeout of this user. Raise that, or try again.',
  '57P01': 'An administrator ended the connection. The next call opens another.',
  '57P03': 'The server is starting or stopping. Try again.',
}

const HELP =
  'Check that the server runs and can be reached from here. Nothing is known to be lost: read again, then decide.'

/** Statements fail with these when the tables are no longer there. */
const GONE: ReadonlySet<string | undefined> = new Set(['42P01', '3F000'])

/** The SQLSTATE of an answer of the server, or the name of a system error, e.g. `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? code : undefined
}

/** Whether the server itself has refused a statement; the connection is as good as before then. */
export function isRefusal(error: unknown): boolean {
  const { severity } = Object(error) as { readonly severity?: unknown }
  // Of FATAL and PANIC the server ends the connection.
  return severity === 'ERROR' && codeOf(error) !== undefined
}

export function tablesAreGone(error: unknown): boolean {
  return isRefusal(error) && GONE.has(codeOf(error))
}

/**
 * What goes wrong with the server or on the way to it, as `store-unavailable`. Of the error itself only its code goes on:
 * text and details may quote what was stored, or where a connection string leads.
 */
export function asUnavailable(location: string, error: unknown): EvergrantError {
  if (isEvergrantError(error)) return error
  const code = codeOf(error)
  const message = `PostgreSQL did not do what was asked of ${location}${code === undefined ? '' : ` (${code})`}`
  return unavailable(location, message, HELP_BY_CODE[code ?? ''] ?? HELP)
}
