import type { TokenRequestFailure } from '@evergrant/core'
import { createGrants, type FakeGrant } from '../tastytrade/grants.ts'
import { createLoginGuard } from '../tastytrade/login-guard.ts'
import type { Flight, Refusal } from './flight.ts'
import type { Setting } from './options.ts'
import { chance } from './random.ts'
import type { Weather } from './weather.ts'
import type { World } from './world.ts'

/** What the server says to a token request; `null` if it says nothing. */
type ServerAnswer =
  | {
      readonly type: 'granted'
      readonly accessToken: string
      readonly expiresIn: number
      readonly refreshToken: string | null
    }
  | { readonly type: 'failed'; readonly failure: TokenRequestFailure }
  | null

export interface ServerPorts {
  readonly world: World
  readonly weather: Weather
  readonly setting: Setting
  readonly onGranted: (flight: Flight) => void
  readonly onRefused: (flight: Flight, refusal: Refusal) => void
}

/** An authorization server that rotates, detects reuse, and blocks the address after too many failed logins. */
export interface RotatingServer {
  readonly clientSecret: string
  /** True if it drops whatever comes from this address. */
  readonly blocked: boolean
  /** A new grant, as a person makes one on the provider's page. */
  createGrant(): FakeGrant
  revoke(refreshToken: string): void
  invalidateAccessTokens(refreshToken: string): void
  block(ms: number): void
  unblock(): void
  /** Deals with a request that has just arrived. */
  receive(flight: Flight): ServerAnswer
  /** When an access token dies, epoch ms of true time; `null` if it was never issued or has been invalidated. */
  lifeOf(accessToken: string): number | null
  /** The request that brought an access token. */
  broughtBy(accessToken: string): Flight | null
  /** The request that spent a refresh token. */
  spentBy(refreshToken: string): Flight | null
}

/** Failed logins within ten minutes that earn the block: more than the budget, so that a kept budget is never punished. */
const BLOCK_AFTER = 8
const MINUTE = 60_000
const EIGHT_HOURS = 8 * 60 * MINUTE
/** A grace that outlasts every run, so that a lost grant is never for want of time. */
const GRACE = 400 * 24 * 60 * MINUTE

const FAILURES = {
  unknown: { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Invalid JWT' },
  revoked: { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Grant revoked' },
  reused: { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Grant revoked' },
  'wrong-secret': { kind: 'rejected', status: 400, description: 'Client secret mismatch' },
} as const satisfies Record<Refusal, TokenRequestFailure>

export function createRotatingServer({ world, weather, setting, onGranted, onRefused }: ServerPorts): RotatingServer {
  const draw = chance(setting.seed, 'server')
  const time = { now: () => world.now, wait: () => Promise.reject(new Error('The server never waits')) }
  const grants = createGrants(time, { rotation: setting.rotation, grace: GRACE, random: () => draw.next() })
  const guard = createLoginGuard(time, { after: BLOCK_AFTER, window: 10 * MINUTE, blockFor: EIGHT_HOURS })
  const { clientSecret } = grants
  const broughtBy = new Map<string, Flight>()
  const spentBy = new Map<string, Flight>()

  function refuse(flight: Flight, refusal: Refusal): ServerAnswer {
    flight.refusal = refusal
    // What the network doubles or delays is no fault of the client, and must not earn it a block of hours.
    if (!flight.strayed) guard.noteFailure()
    onRefused(flight, refusal)
    return { type: 'failed', failure: { ...FAILURES[refusal], date: date() } }
  }

  const date = () => Math.floor(world.now / 1000) * 1000
  const failed = (failure: TokenRequestFailure): ServerAnswer => ({ type: 'failed', failure })

  /** What comes in place of an answer, before anything is done. */
  function trouble({ from }: Flight): ServerAnswer | undefined {
    const { host } = from.process
    if (guard.blocked || weather.meets('silence', host, draw) !== null) return null
    const limit = weather.meets('rate-limit', host, draw)
    if (limit !== null) return failed({ kind: 'rate-limited', status: 429, retryAfter: limit.ms, date: date() })
    if (weather.meets('server-error', host, draw) !== null) return failed({ kind: 'server', status: 503 })
    if (weather.meets('edge-refusal', host, draw) !== null) return failed({ kind: 'edge', status: 401 })
    if (weather.meets('suspicious-refusal', host, draw) !== null) {
      return failed({ kind: 'rejected', status: 400, oauthCode: 'invalid_request' })
    }
    return undefined
  }

  function grantTo(flight: Flight): ServerAnswer {
    const { host } = flight.from.process
    const grant = grants.find(flight.refreshToken)
    if (grant === 'invalid-jwt') return refuse(flight, 'unknown')
    if (grant === 'grant-revoked') return refuse(flight, 'revoked')
    const spent = grants.spend(grant, flight.refreshToken)
    if (spent === 'token-reused') return refuse(flight, 'reused')
    const dying = weather.meets('dying-tokens', host, draw) !== null
    const last = grant.lastToken
    const repeated = last !== null && grants.isLive(last) && weather.meets('same-token', host, draw) !== null
    const token = repeated ? last : grants.mint(grant, dying ? 1 : setting.lifetime)
    flight.committedAt = world.elapsed
    flight.accessToken = token.value
    flight.successor = spent.refreshToken
    if (!broughtBy.has(token.value)) broughtBy.set(token.value, flight)
    if (!spentBy.has(flight.refreshToken)) spentBy.set(flight.refreshToken, flight)
    onGranted(flight)
    if (weather.meets('error-after-commit', host, draw) !== null) return failed({ kind: 'server', status: 502 })
    if (weather.meets('malformed-answer', host, draw) !== null) return failed({ kind: 'malformed', status: 200 })
    const expiresIn = Math.floor((token.expiresAt - world.now) / 1000)
    return { type: 'granted', accessToken: token.value, expiresIn, refreshToken: spent.refreshToken }
  }

  return {
    clientSecret,
    get blocked() {
      return guard.blocked
    },
    createGrant: () => grants.create({ accounts: 1 }).issued,
    revoke(refreshToken) {
      grants.ofToken(refreshToken).revoked = true
    },
    invalidateAccessTokens: (refreshToken) => grants.invalidate(grants.ofToken(refreshToken)),
    block: (ms) => guard.block(ms),
    unblock: () => guard.unblock(),
    receive(flight) {
      const instead = trouble(flight)
      if (instead !== undefined) return instead
      return flight.clientSecret === clientSecret ? grantTo(flight) : refuse(flight, 'wrong-secret')
    },
    lifeOf(accessToken) {
      const token = grants.issued(accessToken)
      return token === undefined || token.invalidated ? null : token.expiresAt
    },
    broughtBy: (accessToken) => broughtBy.get(accessToken) ?? null,
    spentBy: (refreshToken) => spentBy.get(refreshToken) ?? null,
  }
}
