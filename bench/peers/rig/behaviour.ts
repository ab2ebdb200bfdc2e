/** How the server answers from now on. Times in ms unless they say otherwise. */
export interface Behaviour {
  /** How long an access token is good for. */
  readonly lifetime: number
  /** By how much more the answer says that it is, in seconds: for clients whose margin cannot be set. */
  readonly overstated: number
  /** How long the token endpoint takes. */
  readonly latency: number
  /** `strict`: a refresh token is good for one use, and a second use of it ends the grant. */
  readonly rotation: 'none' | 'strict'
  /** Whether answers carry a refresh token at all. */
  readonly tellsRefreshToken: boolean
  readonly grant: 'good' | 'revoked'
  /** What the token endpoint does in the order of requests; once they are used up, it answers. */
  readonly faults: readonly Fault[]
  /** What it does for ever. */
  readonly always: Fault | null
  /** Each request to the API is refused once, after a time spread over so many ms; `null` for no storm. */
  readonly storm: number | null
}

export type Fault = 'silence' | 'server-error' | 'too-many-requests' | 'drop'

/** What the server has seen since it was told to count anew. */
export interface Seen {
  readonly tokenRequests: number
  readonly openTokenRequests: number
  readonly mostAtOnce: number
  readonly answered: number
  /** Requests to the API that were refused. */
  readonly refused: number
  /** A rotated refresh token was used a second time, so the grant is gone. */
  readonly reused: boolean
}

export const HEALTHY: Behaviour = {
  lifetime: 900_000,
  overstated: 0,
  latency: 0,
  rotation: 'none',
  tellsRefreshToken: true,
  grant: 'good',
  faults: [],
  always: null,
  storm: null,
}
