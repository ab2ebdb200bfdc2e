import { readFileSync, writeFileSync } from 'node:fs'

interface StoredGrant {
  revision: string
  value: { token: { issuedAt: number; expiresAt: number }; grantedAt: number }
}

/** Makes the token of an account an hour older, so that it has expired; by hand, as the file store allows. */
export function ageToken(path: string, account = 'default'): void {
  const document = JSON.parse(readFileSync(path, 'utf8')) as { entries: Record<string, StoredGrant> }
  const entry = document.entries[`grant/${account}`]
  if (entry === undefined) throw new Error(`There is no account ${account} in ${path}`)
  const hour = 3_600_000
  entry.revision += '-aged'
  entry.value.token.issuedAt -= hour
  entry.value.token.expiresAt -= hour
  entry.value.grantedAt -= hour
  writeFileSync(path, JSON.stringify(document))
}
