import type { GrantedLease } from './lease-table.ts'
import type { SimulatedSession } from './simulated-session.ts'

/** Why a server turned a refresh token down. */
export type Refusal = 'unknown' | 'revoked' | 'reused' | 'wrong-secret'

/** One token request, as nobody but the simulation can see it: from both ends. Times in ms since the beginning. */
export interface Flight {
  readonly id: number
  readonly from: SimulatedSession
  readonly refreshToken: string
  readonly clientSecret: string
  readonly sentAt: number
  /** The lease under which it left. */
  readonly lease: GrantedLease | null
  /** What its sender could have read, having taken the lease. */
  readonly knownAt: number
  /** A person asked for it against better knowledge. */
  readonly forced: boolean
  /** Generation that its sender had. */
  readonly have: number
  /** When the server granted it. */
  committedAt: number | null
  /** The access token that it brought. */
  accessToken: string | null
  /** The refresh token that took the place of the one sent. */
  successor: string | null
  refusal: Refusal | null
  /** It came to the server more than once, or after its sender had given it up. */
  strayed: boolean
  /** When the answer reached its living sender, while that still waited. */
  answeredAt: number | null
  /** Whether that answer was a token. */
  heard: 'token' | 'failure' | null
  /** When its sender stopped waiting without an answer. */
  givenUpAt: number | null
}

/** Somebody waits for its answer. */
export function isOpen({ answeredAt, givenUpAt, from }: Flight): boolean {
  return answeredAt === null && givenUpAt === null && from.process.alive
}

/** Its sender was no longer the one who may spend, without having had a chance to know. */
export function lostItsLease({ lease }: Flight): boolean {
  return lease?.lost === true
}
