/** One request, as the audit log keeps it. There is no secret in it. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly request_id: string
  /** The id of the API key; `null` where none was good. */
  readonly key: string | null
  /** Where the request came from, as far as it is known. */
  readonly address: string | null
  /** Method and route, e.g. `POST /api/v1/credentials`. */
  readonly action: string
  readonly account: string | null
  readonly status: number
  /** The code of the problem, where the answer was one. */
  readonly problem: string | null
}

/** Takes an entry down. Called once for each request, in order; what it throws is ignored and counted. */
export type Audit = (entry: AuditEntry) => void
