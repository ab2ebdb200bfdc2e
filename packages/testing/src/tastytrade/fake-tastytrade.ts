import { invalidOptions } from '@evergrant/core'
import { createApi } from './api.ts'
import { createAuthorizationCodes, redirectUris } from './authorization-codes.ts'
import { createAuthorizePage, type Decision } from './authorize-page.ts'
import { createFaultPlay } from './fault-play.ts'
import { createFaultScript } from './fault-script.ts'
import type { FailOptions, FaultHandle, TastytradeFault, TastytradeFaults } from './faults.ts'
import { createFetchDoor, type FakeFetch } from './fetch-door.ts'
import { createGrants, type CreateGrantOptions, type FakeGrant, type LiveGrant, type Rotation } from './grants.ts'
import { createPlatformRandom, type RandomSource } from './invented-tokens.ts'
import { listenOnLoopback, type FakeListener, type ListenOptions } from './listener.ts'
import { createLoginGuard } from './login-guard.ts'
import { createRefreshTokenUses, type RefreshTokenUse } from './refresh-token-use.ts'
import { createRequestLog, type RecordedRequest, type RequestFilter } from './request-log.ts'
import { createRoutes } from './routes.ts'
import { serverTime, type ServerClock } from './server-time.ts'
import { createServer } from './server.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export interface FakeTastytradeOptions {
  /** Seconds that an access token lives. Default 900. */
  readonly lifetime?: number
  /** Default `none`, as in the real one. */
  readonly rotation?: Rotation
  /** Ms for which `grace` accepts the refresh token before the present one. Default 30,000. */
  readonly grace?: number
  /** Default the platform's. A virtual clock gives its true time, not the skewed one of the machine under test. */
  readonly clock?: ServerClock
  /** Failed logins within `blockWindow` that get the address blocked. Default `null`: never. */
  readonly blockAfter?: number | null
  /** Ms. Default ten minutes. */
  readonly blockWindow?: number
  /** Ms that a block lasts. Default 8 hours. */
  readonly blockFor?: number
  /** Whether the edge turns away requests without a User-Agent, or with Node's bare `node`. Default true. */
  readonly userAgentRequired?: boolean
  /** Where the page may send people back to; matched exactly. Default `http://localhost:8000`. */
  readonly redirectUris?: readonly string[]
  /** Makes tokens repeatable (P16). Default the platform's, so that no two fakes share a token. */
  readonly random?: RandomSource
}

export interface FakeCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
}

export interface MintOptions {
  /** Default the ready-made one. */
  readonly grant?: FakeGrant
  /** Seconds; 0 or less for a token that has expired already. Default the lifetime of the fake. */
  readonly expiresIn?: number
  /** Default those of the grant. */
  readonly scopes?: readonly string[]
}

/** A tastytrade of one's own: OAuth2, the page on which grants are approved, and a little of the API. */
export interface FakeTastytrade {
  /** The fake as a `fetch`. Any host; the path decides. */
  readonly fetch: FakeFetch
  /** The fake on 127.0.0.1. Node only. */
  listen(options?: ListenOptions): Promise<FakeListener>

  /** A grant that is there from the start. */
  readonly grant: FakeGrant
  /** The credentials of that grant as they were issued; rotation does not change them. */
  readonly credentials: FakeCredentials
  /** Another customer's grant, with accounts of its own. */
  createGrant(options?: CreateGrantOptions): FakeGrant
  /** The refresh token that is good now. Default of the ready-made grant. */
  currentRefreshToken(grant?: FakeGrant): string
  /**
   * Deletes a grant, known by any refresh token it ever had. Its access tokens live on unless told otherwise: what the
   * real server does with them is not known (docs/protocol.md#not-known).
   */
  revokeGrant(refreshToken?: string, options?: { readonly accessTokens?: boolean }): void
  /** A new client secret. Ends every grant, as in the real one, unless told otherwise. */
  regenerateClientSecret(options?: { readonly keepGrants?: boolean }): string
  /** Invalidates the access tokens of one grant, or all, before their time. */
  invalidateAccessTokens(grant?: FakeGrant): void
  /** An access token that no request paid for. */
  mintAccessToken(options?: MintOptions): string
  /** Presses a button on the page behind an authorization URL, and gives the address that the browser is sent to. */
  decide(authorizationUrl: string | URL, decision: Decision): Promise<string>

  /** Scripts a fault for requests to come. Each request meets the first that fits, in order of scripting. */
  fail<F extends TastytradeFault>(fault: F, options?: FailOptions & TastytradeFaults[F]): FaultHandle
  /** Takes back what is scripted. Does not lift a block. */
  heal(): void
  /** Whether requests from this address are dropped. */
  readonly blocked: boolean
  /** Blocks now, for `ms`; default `blockFor`. */
  block(ms?: number): void
  /** Lifts the block. Requests that were dropped stay dropped. */
  unblock(): void

  /** Every request in order of arrival, those in flight too. A new array after each change. */
  readonly requests: readonly RecordedRequest[]
  count(filter?: RequestFilter): number
  /** How many token requests came in, answered or not. */
  readonly tokenRequests: number
  /** Refused logins, scripted ones too. */
  readonly failedLogins: number
  /** In flight at this moment, on any path. */
  readonly openRequests: number
  /** The most that were ever in flight together. */
  readonly peakOpen: number
  /** What became of each refresh token that came in, by its `fingerprint` of core. */
  readonly spent: ReadonlyMap<string, RefreshTokenUse>
  /** The same of one refresh token; quick. */
  spentOf(refreshToken: string): RefreshTokenUse
  /** How often each dry run of an order came in, by its body. */
  readonly dryRuns: ReadonlyMap<string, number>
  /** Calls the listener with each request once its fate is known: answered, dropped, or left by the client. */
  onRequest(listener: (request: RecordedRequest) => void): Disposable
  /** Forgets all that is counted. Grants, tokens, scripts, blocks and requests in flight stay. */
  resetLog(): void
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/**
 * A fake of the tastytrade API as docs/protocol.md describes it, for tests and demonstrations: the same handler behind
 * a `fetch` and behind a socket on loopback. All its ids, tokens, people and sums are invented.
 */
export function fakeTastytrade(options: FakeTastytradeOptions = {}): FakeTastytrade {
  const { lifetime = 900, rotation = 'none', grace = 30_000, random = createPlatformRandom() } = options
  const time = serverTime(options.clock)
  const guard = createLoginGuard(time, {
    after: options.blockAfter ?? null,
    window: options.blockWindow ?? 10 * MINUTE,
    blockFor: options.blockFor ?? 8 * HOUR,
  })
  const grants = createGrants(time, { rotation, grace, random })
  const codes = createAuthorizationCodes(time, grants, random)
  const api = createApi(time, grants, random)
  const log = createRequestLog(time)
  const uses = createRefreshTokenUses()
  const script = createFaultScript()
  const routes = createRoutes({
    api,
    tokenEndpoint: createTokenEndpoint({ grants, codes, guard, time, random, lifetime }),
    authorizePage: createAuthorizePage({
      grants,
      codes,
      redirectUris: redirectUris(options.redirectUris ?? ['http://localhost:8000']),
    }),
  })
  const serve = createServer({
    time,
    log,
    uses,
    guard,
    script,
    routes,
    playFault: createFaultPlay({ time, guard, routes }),
    userAgentRequired: options.userAgentRequired ?? true,
  })
  const fetch = createFetchDoor(serve)
  const readyMade = grants.create()
  const { clientId, clientSecret, refreshToken } = readyMade.issued

  function live(grant: FakeGrant | undefined): LiveGrant {
    return grant === undefined ? readyMade : grants.ofToken(grant.refreshToken)
  }

  return {
    fetch,
    listen: (listenOptions) => listenOnLoopback(serve, listenOptions),
    grant: readyMade.issued,
    credentials: Object.freeze({ clientId, clientSecret, refreshToken }),
    createGrant: (grantOptions) => grants.create(grantOptions).issued,
    currentRefreshToken: (grant) => live(grant).refreshToken,
    revokeGrant(token, { accessTokens = false } = {}) {
      const grant = token === undefined ? readyMade : grants.ofToken(token)
      grant.revoked = true
      if (accessTokens) grants.invalidate(grant)
    },
    regenerateClientSecret({ keepGrants = false } = {}) {
      if (!keepGrants) for (const grant of grants.all()) grant.revoked = true
      return grants.newClientSecret()
    },
    invalidateAccessTokens(grant) {
      grants.invalidate(grant === undefined ? undefined : live(grant))
    },
    mintAccessToken({ grant, expiresIn = lifetime, scopes } = {}) {
      return grants.mint(live(grant), expiresIn, scopes).value
    },
    async decide(authorizationUrl, decision) {
      const body = new URLSearchParams(new URL(authorizationUrl).search)
      body.set('decision', decision)
      const answer = await fetch(authorizationUrl, {
        method: 'POST',
        body,
        redirect: 'manual',
        headers: { 'user-agent': 'fake-browser/1.0' },
      })
      const location = answer.headers.get('location')
      if (location !== null) return location
      throw invalidOptions(
        'authorizationUrl',
        `the page answered ${answer.status} and sends nobody back`,
        'Look at its client_id and redirect_uri.',
      )
    },
    fail: (fault, failOptions) => script.add(fault, failOptions),
    heal: () => script.clear(),
    get blocked() {
      return guard.blocked
    },
    block: (ms) => guard.block(ms),
    unblock: () => guard.unblock(),
    get requests() {
      return log.requests
    },
    count: (filter) => log.count(filter),
    get tokenRequests() {
      return log.tokenRequests
    },
    get failedLogins() {
      return guard.failedLogins
    },
    get openRequests() {
      return log.open
    },
    get peakOpen() {
      return log.peakOpen
    },
    get spent() {
      return uses.byFingerprint
    },
    spentOf: (token) => uses.of(token),
    dryRuns: api.dryRuns,
    onRequest: (listener) => log.onRequest(listener),
    resetLog() {
      log.reset()
      uses.reset()
      api.resetCount()
      guard.resetCount()
    },
  }
}
