import { isAccountName } from '../accounts/account-name.ts'
import { mayUse, type Principal } from '../keys/principal.ts'
import type { RouteMeter } from '../metrics/keeper-metrics.ts'
import { Problem } from './problem.ts'
import type { Call, KeeperContext, Route } from './route.ts'

/** Behind an open route, and until it is known who asks. */
const NOBODY: Principal = { id: '', scopes: new Set(), accounts: new Set(), only: null, expiresAt: 0 }

/**
 * One request, from its arrival to its answer. A class, since there are many: an object literal with a getter of its own would
 * make V8 keep a hidden class for each.
 */
export class Visit implements Call {
  readonly context: KeeperContext
  readonly route: Route
  readonly meter: RouteMeter
  /** Counts the requests of this process. */
  readonly number: number
  /** On the clock's monotonic line. */
  readonly startedAt: number
  principal: Principal = NOBODY
  query: unknown = undefined
  body: unknown = undefined
  named: string | null = null
  #leaving: AbortController | null = null

  constructor(context: KeeperContext, route: Route, meter: RouteMeter, number: number, startedAt: number) {
    this.context = context
    this.route = route
    this.meter = meter
    this.number = number
    this.startedAt = startedAt
  }

  /** The id of the API key; `null` where none was good, or none is needed. */
  get key(): string | null {
    return this.principal === NOBODY ? null : this.principal.id
  }

  /** Made when it is asked for: most requests are answered at once. */
  get signal(): AbortSignal {
    if (this.#leaving === null) {
      const leaving = new AbortController()
      this.#leaving = leaving
      const { signal } = this.context.req.raw
      const left = () => leaving.abort(new Problem('request-cancelled'))
      if (signal.aborted) left()
      else signal.addEventListener('abort', left, { once: true, signal: leaving.signal })
    }
    return this.#leaving.signal
  }

  /** Ends what heeds the signal. */
  giveUp(problem: Problem): void {
    this.#leaving?.abort(problem)
  }

  account(given: string | undefined): string {
    const name = given ?? this.principal.only
    if (name === null) throw new Problem('account-required')
    if (!isAccountName(name)) {
      throw new Problem('invalid-request', {
        detail: 'This is no name of an account',
        help: 'Letters, digits and . _ @ - make a name, 128 characters at most.',
      })
    }
    if (!mayUse(this.principal, name)) throw new Problem('account-not-allowed')
    this.named = name
    return name
  }
}
