import type { Provider } from '@evergrant/core'
import { createAccounts } from './accounts/accounts.ts'
import { createApp } from './http/app.ts'
import { createAuthenticate } from './http/authenticate.ts'
import { createDesk } from './http/desk.ts'
import { createRateLimit } from './http/rate-limit.ts'
import type { KeeperBindings } from './http/route.ts'
import { credentialsRoutes } from './http/routes/credentials.ts'
import { eventsRoute } from './http/routes/events.ts'
import { keysRoutes } from './http/routes/keys.ts'
import { proxyRoute } from './http/routes/proxy.ts'
import { resourceRoutes } from './http/routes/resources.ts'
import { serviceRoutes } from './http/routes/service.ts'
import { NO_ACCOUNT, statusRoute } from './http/routes/status.ts'
import { tokenRoute } from './http/routes/token.ts'
import { KeeperError } from './keeper-error.ts'
import type { KeeperOptions } from './keeper-options.ts'
import { checkKeeperOptions } from './keeper-settings.ts'
import { createKeys, type KeeperKeys } from './keys/keeper-keys.ts'
import { createKeyCache } from './keys/key-cache.ts'
import { KEY_PREFIX } from './keys/key-record.ts'
import { listen, type KeeperServer, type ListenOptions } from './listen/listen.ts'
import { createMetrics } from './metrics/keeper-metrics.ts'
import { createPassOn } from './proxy/pass-on.ts'
import { withStoreDeadline } from './store-deadline.ts'
import { VERSION } from './version.ts'

/** A token service for many accounts. */
export interface Keeper extends AsyncDisposable {
  /** Answers a request. Bound, so that it can be mounted in a server of one's own. */
  readonly fetch: (request: Request, bindings?: KeeperBindings) => Response | Promise<Response>
  /**
   * Listens on HTTP, or on HTTPS with `tls`. Rejects with a {@link KeeperError}: `keeper-insecure` for anything but loopback
   * without TLS, `keeper-cannot-listen`, `keeper-disposed`.
   *
   * As Hono's `serve()` does, it puts lighter classes in the place of the global `Request` and `Response` of this process.
   */
  listen(options?: ListenOptions): Promise<KeeperServer>
  readonly keys: KeeperKeys
  /**
   * Ends it: no new requests, those under way are answered, the token requests in flight are finished and saved. Takes as long
   * as they do, at most the limit of a request and that of a token request.
   */
  dispose(): Promise<void>
}

/** Ms that the store has to answer `/readyz` and `/metrics`. */
const STORE_PATIENCE = 2_000
/** What is left of a request's time for the answer, once a caller has waited for a token. */
const WAIT_SHARE = 0.9

/**
 * Keeps the tokens of many accounts alive, and gives them to those who have an API key. Nothing is sent before an account is
 * asked for, unless `renew` is `all`. Throws `invalid-options` or `store-sharing` for options that cannot work.
 */
export function createKeeper<P extends Provider>(options: KeeperOptions<P>): Keeper {
  const { provider, store, clock, policy, resources, limits, renew } = checkKeeperOptions(options)
  const { random, concurrency, idleAfter, audit, openMetrics = false } = options
  const patience = Math.floor(limits.requestTime * WAIT_SHARE)
  const accounts = createAccounts({ provider, store, clock, policy, random, concurrency, idleAfter, renew, patience })
  const keyCache = createKeyCache(store, clock)
  const keys = createKeys(store, clock, (id) => keyCache.forget(id))
  const servers = new Set<KeeperServer>()
  let disposal: Promise<void> | null = null
  const draining = () => disposal !== null

  const metrics = createMetrics({
    *states() {
      for (const name of accounts.awakeNames) {
        const status = accounts.awake(name)
        if (status !== null) yield status.state
      }
    },
    async budgetLeft() {
      const { budget } = await withStoreDeadline(clock, STORE_PATIENCE, () => accounts.report(NO_ACCOUNT))
      return budget.left
    },
    draining,
  })
  const measuring = accounts.events$.subscribe((event) => metrics.happened(event))

  const desk = createDesk({
    clock,
    limits,
    authenticate: createAuthenticate({
      clock,
      keys: keyCache,
      strangers: createRateLimit(clock, limits.unauthenticatedPerMinute),
      onRejected: (code) => metrics.keyRejected(code),
    }),
    callers: createRateLimit(clock, limits.requestsPerMinute),
    metrics,
    audit,
    draining,
  })
  const passOn = createPassOn({
    accounts,
    mostBody: limits.proxyBody,
    fetch: options.fetch,
    userAgent: `evergrant-keeper/${VERSION}`,
  })
  const events = eventsRoute({ accounts, keys: keyCache, clock, metrics, mostStreams: limits.streams })
  const app = createApp({
    desk,
    version: VERSION,
    routes: [
      tokenRoute({ accounts, clock, metrics }),
      statusRoute(accounts),
      events.route,
      ...credentialsRoutes({ accounts, clock }),
      ...resourceRoutes(resources, passOn),
      proxyRoute(passOn),
      ...keysRoutes(keys),
      ...serviceRoutes({
        metrics,
        openMetrics,
        draining,
        checkStore: () =>
          withStoreDeadline(clock, STORE_PATIENCE, async () => {
            await store.read(`${KEY_PREFIX}-`)
          }),
      }),
    ],
  })

  /** Requests first, so that whoever waits for a token gets it; then what goes on behind them. */
  async function drain(): Promise<void> {
    events.end()
    const closing = Array.from(servers, (server) => server.close())
    const bound = new AbortController()
    const alarm = clock.alarm(clock.monotonic() + limits.requestTime, () => bound.abort(), { hold: true })
    await desk.idle(bound.signal)
    alarm[Symbol.dispose]()
    await accounts.dispose()
    await Promise.all(closing)
    measuring.unsubscribe()
    keyCache.end()
  }

  const dispose = (): Promise<void> => (disposal ??= Promise.resolve().then(drain))

  return {
    fetch: (request, bindings) => app.fetch(request, bindings ?? {}),
    async listen(listenOptions = {}) {
      if (disposal !== null) {
        throw new KeeperError('keeper-disposed', {
          message: 'The keeper has been disposed',
          help: 'Create a new one.',
        })
      }
      const server = await listen({
        ...listenOptions,
        answer: app.fetch,
        limits,
        clock,
        onClose: () => servers.delete(server),
      })
      servers.add(server)
      return server
    },
    keys,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}
