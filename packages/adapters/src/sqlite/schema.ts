import { corrupt } from '../store/failures.ts'

/** Says in the header of the file whose it is: `evgr` in ASCII. */
const APPLICATION_ID = 0x65766772
const VERSION = 1

/** For a new and empty file. WAL is a property of the file and stays with it. */
export const CREATION = `
  PRAGMA journal_mode = WAL;
  BEGIN;
  CREATE TABLE entries (key TEXT PRIMARY KEY NOT NULL, revision TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE changes (id INTEGER PRIMARY KEY, key TEXT NOT NULL) STRICT;
  CREATE TABLE leases (
    key TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    renewals INTEGER NOT NULL,
    ttl REAL NOT NULL,
    expires_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
  COMMIT;
`

/** Throws `store-corrupt` for a database that this version cannot work with. */
export function checkSchema(location: string, applicationId: unknown, version: unknown): void {
  if (applicationId !== APPLICATION_ID) {
    const help = 'Another program made it: choose another path. The file was left as it is.'
    throw corrupt(location, `${location} is not a database of evergrant`, help)
  }
  if (version === VERSION) return
  const help = `Update evergrant: this version knows up to ${VERSION}. The file was left as it is.`
  throw corrupt(location, `${location} was made by a newer evergrant (version ${Number(version)} of the tables)`, help)
}
