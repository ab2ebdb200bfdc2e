import { Subject } from 'rxjs'
import type { CredentialSource } from '../credentials.ts'
import { invalidOptions, isEvergrantError, tokenRequestError } from '../errors.ts'
import type { TokenRequestFailure } from '../failure.ts'
import type { Provider, RequestOptions, TokenResponse } from '../provider.ts'
import type { AccessToken } from '../token.ts'
import { judge } from '../verdict.ts'
import type { SessionOptions } from './session-options.ts'
import { createSession } from './session.ts'
import type { TokenSession } from './token-session.ts'

/** Sells tokens for a token: e.g. the quotes of a broker, whose streamer takes a token of its own. */
export interface DerivedProvider extends Pick<Provider, 'apiBaseUrl' | 'judge' | 'probe' | 'help'> {
  /** What the tokens are for, e.g. `quotes`; part of the names under which the store keeps them. */
  readonly name: string
  /**
   * One request, made with the parent's token. Rejects with `tokenRequestError(…)`. Nothing that it says condemns
   * anybody, unless `judge` does: the parent alone has credentials.
   */
  requestToken(parent: AccessToken, options: RequestOptions): Promise<TokenResponse>
}

/** As for any session, but for what the parent decides. The store is `memoryStore()` unless one is given. */
export type DeriveOptions = Omit<SessionOptions, 'provider' | 'credentials' | 'account'>

const UNAUTHORIZED = 401

/**
 * A session whose tokens are bought with those of another, by the same machine, with a life of their own: while the
 * derived token lives nobody asks the parent. Sign-out and new credentials of the parent hold for it too (P14), and it
 * ends with the parent. Throws `invalid-options` as {@link createSession} does.
 */
export function deriveSession(
  parent: TokenSession,
  provider: DerivedProvider,
  options: DeriveOptions = {},
): TokenSession {
  if (typeof provider.name !== 'string' || provider.name === '') {
    throw invalidOptions('provider', 'has no name', 'Name what its tokens are for, e.g. quotes.')
  }
  const customer = customerOf(parent)
  const session = createSession({
    ...options,
    provider: sellerOf(parent, provider),
    account: `${parent.account}/${provider.name}`,
    credentials: customer,
  })
  follow(parent, session, customer.renew)
  return session
}

/** Stands in for credentials. No secret: it only tells one time that the parent was given some from the next. */
interface Customer extends CredentialSource {
  readonly renew: () => void
}

function customerOf({ account }: TokenSession): Customer {
  const renewed = new Subject<void>()
  let times = 0
  return {
    name: `the session of account ${account}`,
    read: () => Promise.resolve({ clientId: `${account}, ${times}` }),
    watch: () => renewed,
    renew() {
      times += 1
      renewed.next()
    },
  }
}

function sellerOf(parent: TokenSession, provider: DerivedProvider): Provider {
  const { name, apiBaseUrl, probe, help } = provider
  return {
    issuer: `${parent.provider.issuer}#${name}`,
    ...(parent.provider.environment === undefined ? {} : { environment: parent.provider.environment }),
    ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
    ...(probe === undefined ? {} : { probe: (request) => probe.call(provider, request) }),
    ...(help === undefined ? {} : { help }),
    async requestToken(_, { signal }) {
      const token = await parentToken(parent, signal)
      try {
        return await provider.requestToken(token, { signal })
      } catch (error) {
        if (isEvergrantError(error, 'token-request-failed') && refuses(error.details.failure)) {
          parent.reportRejected(token)
        }
        throw error
      }
    },
    judge(failure) {
      const verdict = provider.judge?.(failure)
      if (verdict !== undefined) return verdict
      return judge(failure).kind === 'revoked' ? { kind: 'transient' } : undefined
    },
  }
}

/** The parent's token is no longer good. What the edge says is no verdict on it (P10). */
function refuses({ kind, status }: TokenRequestFailure): boolean {
  return status === UNAUTHORIZED && kind !== 'edge'
}

async function parentToken(parent: TokenSession, signal: AbortSignal): Promise<AccessToken> {
  try {
    return await parent.getToken({ signal })
  } catch (error) {
    signal.throwIfAborted()
    const code = isEvergrantError(error) ? error.code : 'internal'
    throw tokenRequestError({ kind: 'unknown', description: `The session that pays for it has no token (${code})` })
  }
}

function follow(parent: TokenSession, session: TokenSession, renew: () => void): void {
  let signedOut = false
  let usable = parent.getSnapshot().usable
  // What comes of it shows in the status of the session; there is nobody else to tell.
  const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined)

  function comeBack(): void {
    signedOut = false
    renew()
  }

  const subscriptions = parent.events$.subscribe((event) => {
    if (event.type === 'credentials-changed') comeBack()
  })
  subscriptions.add(
    parent.status$.subscribe({
      next({ state, reason, usable: isUsable }) {
        const left = state === 'unauthenticated' && reason === 'signed-out'
        if (left && !signedOut) quietly(session.signOut())
        signedOut ||= left
        if (isUsable && !usable) {
          if (signedOut) comeBack()
          else if (session.getSnapshot().state === 'backoff') quietly(session.refresh())
        }
        usable = isUsable
      },
      complete: () => quietly(session.dispose()),
    }),
  )
  session.status$.subscribe({ complete: () => subscriptions.unsubscribe() })
}
