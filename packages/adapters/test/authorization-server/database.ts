import type { Adapter, AdapterPayload } from 'oidc-provider'

/** What the authorization server keeps one kind of thing as. */
type Kind = 'AccessToken' | 'AuthorizationCode' | 'Grant' | 'RefreshToken'

/** The storage of an authorization server, which a test may look into and change as an administrator may. */
export interface Database {
  /** The server's way in: one adapter for each of its models. */
  readonly adapter: (model: string) => Adapter
  /** What is stored of this kind, oldest first. */
  all(kind: Kind): readonly Readonly<AdapterPayload>[]
  /** Deletes everything of this kind. */
  drop(kind: Kind): void
  /** Brings every deadline closer by so many seconds, which is to the server as if its clock had moved on. */
  age(seconds: number): void
}

// What ends together with a grant; the grant itself is destroyed by its own id.
const OF_A_GRANT: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])

export function createDatabase(): Database {
  const tables = new Map<string, Map<string, AdapterPayload>>()

  function table(model: string): Map<string, AdapterPayload> {
    const known = tables.get(model)
    if (known !== undefined) return known
    const fresh = new Map<string, AdapterPayload>()
    tables.set(model, fresh)
    return fresh
  }

  function adapter(model: string): Adapter {
    const rows = table(model)
    const first = (matches: (row: AdapterPayload) => boolean) => [...rows.values()].find(matches)
    return {
      // Nothing is dropped at its time: the server reads `exp` itself, so a deadline can be moved.
      upsert: async (id, payload) => void rows.set(id, structuredClone(payload)),
      find: async (id) => structuredClone(rows.get(id)),
      findByUid: async (uid) => structuredClone(first((row) => row.uid === uid)),
      findByUserCode: async (userCode) => structuredClone(first((row) => row.userCode === userCode)),
      async consume(id) {
        const row = rows.get(id)
        if (row !== undefined) row.consumed = true
      },
      destroy: async (id) => void rows.delete(id),
      async revokeByGrantId(grantId) {
        if (!OF_A_GRANT.has(model)) return
        for (const [id, row] of rows) if (row.grantId === grantId) rows.delete(id)
      },
    }
  }

  return {
    adapter,
    all: (kind) => [...table(kind).values()],
    drop: (kind) => table(kind).clear(),
    age(seconds) {
      for (const rows of tables.values()) {
        for (const row of rows.values()) if (row.exp !== undefined) row.exp -= seconds
      }
    },
  }
}
