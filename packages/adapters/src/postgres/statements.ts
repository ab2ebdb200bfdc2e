import type { Revision } from '@evergrant/core'
import type { KeyRange } from '../store/key-range.ts'
import type { PostgresValue } from './pool.ts'
import type { Tables } from './tables.ts'

/** One round trip and one transaction. */
export interface Statement {
  readonly text: string
  readonly values: PostgresValue[]
}

/** What a lease is known by on the server. */
export interface Grip {
  readonly key: string
  /** A UUID of this one acquisition. */
  readonly holder: string
  /** Ms. */
  readonly ttl: number
}

/** Tells whoever watches the topic once the change is committed. */
export interface Change {
  readonly key: string
  readonly topic: string
  readonly expect: Revision | null | undefined
  /** The lease that fences it, with its fencing number. */
  readonly fence: (Grip & { readonly fence: string }) | undefined
}

interface Put extends Change {
  /** JSON. */
  readonly text: string
  readonly revision: Revision
}

/** The statements of a store, and the columns that they answer with. */
export interface Statements {
  /** `value`, `revision`. */
  read(key: string): Statement
  /** `key`, for each. */
  keys(range: KeyRange): Statement
  /** `time`, epoch ms. */
  time(): Statement
  /** `fence` if it was taken, and `remaining`, ms for which somebody else has it. */
  acquire(grip: Grip): Statement
  /** `held`: 1 or 0. */
  renew(grip: Grip): Statement
  giveBack(grip: Grip, topic: string): Statement
  /** `held`: 0 if the lease is lost; `done`: 1 or 0; `there`: 1 if an earlier run of it has written already. */
  write(put: Put): Statement
  /** As `write`; `there`: 1 if the entry was there before. */
  delete(change: Change): Statement
}

type Bind = (value: PostgresValue, type?: 'text' | 'uuid' | 'bigint' | 'float8') => string

function compose(build: (bind: Bind) => string): Statement {
  const values: PostgresValue[] = []
  const text = build((value, type = 'text') => `$${values.push(value)}::${type}`)
  return { text, values }
}

const NOW = 'clock_timestamp()'
/**
 * A user or a database may be set up to answer before a commit is on disk; what is written here waits for it. Local to
 * the transaction, and read at its end.
 */
const DURABLY = `CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END AS durable`

export function statementsFor({ entries, leases, channel }: Tables): Statements {
  const expiry = (bind: Bind, ttl: number) => `${NOW} + ${bind(ttl, 'float8')} * interval '1 millisecond'`

  /**
   * Has the row of the lease to itself until the change is committed, so that nobody takes it over in between. One that
   * has expired, and that nobody has taken, is held still, and for its whole ttl from here on.
   */
  function held(bind: Bind, fence: Change['fence']): string {
    if (fence === undefined) return 'SELECT 1'
    return `
      UPDATE ${leases} SET expires_at = greatest(expires_at, ${expiry(bind, fence.ttl)})
      WHERE key = ${bind(fence.key)} AND holder = ${bind(fence.holder, 'uuid')} AND fence = ${bind(fence.fence, 'bigint')}
      RETURNING 1`
  }

  function change({ topic, fence }: Change, there: (bind: Bind) => string, changed: (bind: Bind) => string): Statement {
    return compose(
      (bind) => `
      WITH held AS (${held(bind, fence)}),
      changed AS (${changed(bind)} RETURNING 1),
      told AS (SELECT pg_notify('${channel}', ${bind(topic)}) FROM changed)
      SELECT (SELECT count(*) FROM held)::text AS held, (SELECT count(*) FROM changed)::text AS done,
        (SELECT count(*) FROM told)::text AS told,
        (SELECT count(*) FROM ${entries} WHERE ${there(bind)})::text AS there, ${DURABLY}`,
    )
  }

  return {
    read: (key) => compose((bind) => `SELECT value, revision FROM ${entries} WHERE key = ${bind(key)}`),
    keys: ({ from, to }) =>
      compose((bind) => {
        const end = to === null ? '' : ` AND key < ${bind(to)}`
        return `SELECT key FROM ${entries} WHERE key >= ${bind(from)}${end}`
      }),
    time: () => compose(() => `SELECT (extract(epoch FROM ${NOW}) * 1000)::text AS time`),
    // Looked at before it is locked: those who wait disturb neither the holder nor each other.
    acquire: ({ key, holder, ttl }) =>
      compose(
        (bind) => `
      WITH free AS (
        SELECT WHERE NOT EXISTS (
          SELECT FROM ${leases} WHERE key = ${bind(key)} AND expires_at > ${NOW} AND holder <> ${bind(holder, 'uuid')}
        )
      ),
      taken AS (
        INSERT INTO ${leases} AS present (key, fence, holder, expires_at)
        SELECT ${bind(key)}, 1, ${bind(holder, 'uuid')}, ${expiry(bind, ttl)} FROM free
        ON CONFLICT (key) DO UPDATE
        SET fence = present.fence + 1, holder = excluded.holder, expires_at = ${expiry(bind, ttl)}
        WHERE present.expires_at IS NULL OR present.expires_at <= ${NOW} OR present.holder = excluded.holder
        RETURNING present.fence
      )
      SELECT (SELECT fence FROM taken)::text AS fence,
        (SELECT extract(epoch FROM expires_at - ${NOW}) * 1000 FROM ${leases} WHERE key = ${bind(key)})::text AS remaining,
        ${DURABLY}`,
      ),
    renew: ({ key, holder, ttl }) =>
      compose(
        (bind) => `
      WITH held AS (
        UPDATE ${leases} SET expires_at = ${expiry(bind, ttl)}
        WHERE key = ${bind(key)} AND holder = ${bind(holder, 'uuid')} RETURNING 1
      )
      SELECT (SELECT count(*) FROM held)::text AS held, ${DURABLY}`,
      ),
    giveBack: ({ key, holder }, topic) =>
      compose(
        (bind) => `
      WITH freed AS (
        UPDATE ${leases} SET holder = NULL, expires_at = NULL
        WHERE key = ${bind(key)} AND holder = ${bind(holder, 'uuid')} RETURNING 1
      )
      SELECT pg_notify('${channel}', ${bind(topic)}) FROM freed`,
      ),
    write(put) {
      const { key, text, revision, expect } = put
      const mine = (bind: Bind) => `key = ${bind(key)} AND revision = ${bind(revision)}`
      return change(put, mine, (bind) => {
        const replacement = () => `SET value = ${bind(text)}, revision = ${bind(revision)}, written_at = ${NOW}`
        // An insert would bring back what was deleted meanwhile.
        if (typeof expect === 'string') {
          return `UPDATE ${entries} AS present ${replacement()} FROM held
            WHERE present.key = ${bind(key)} AND present.revision = ${bind(expect)}`
        }
        return `INSERT INTO ${entries} AS present (key, value, revision, written_at)
          SELECT ${bind(key)}, ${bind(text)}, ${bind(revision)}, ${NOW} FROM held
          ON CONFLICT (key) DO ${expect === null ? 'NOTHING' : `UPDATE ${replacement()}`}`
      })
    },
    delete(gone) {
      const { key, expect } = gone
      const there = (bind: Bind) => `key = ${bind(key)}`
      return change(gone, there, (bind) => {
        const expected = typeof expect === 'string' ? `present.revision = ${bind(expect)}` : expect === undefined
        return `DELETE FROM ${entries} AS present USING held WHERE present.key = ${bind(key)} AND ${expected}`
      })
    },
  }
}
