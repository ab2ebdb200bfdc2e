import type { Credentials } from './credentials.ts'
import { isTokenRequestFailed, tokenRequestError, type EvergrantError } from './errors.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import type { TokenResponse } from './provider.ts'

export type Answer =
  | { readonly type: 'response'; readonly response: TokenResponse }
  | { readonly type: 'failed'; readonly error: EvergrantError<'token-request-failed'> }

/**
 * One request, bounded in time even if the provider does not heed its signal. Rejects with the reason of `signal` only.
 */
export async function requestToken(
  ports: Pick<ExchangePorts, 'provider' | 'policy' | 'timeline'>,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Answer> {
  const { provider, policy, timeline } = ports
  signal.throwIfAborted()
  const silence = tokenRequestError({ kind: 'timeout' })
  const bound = new AbortController()
  const abort = () => bound.abort(signal.reason)
  const gaveUp = new Promise<never>((_, reject) => {
    bound.signal.addEventListener('abort', () => reject(bound.signal.reason as Error), { once: true })
  })
  signal.addEventListener('abort', abort, { once: true })
  const alarm = timeline.alarm(timeline.now() + policy.requestTimeout, () => bound.abort(silence))
  try {
    const response = await Promise.race([provider.requestToken(credentials, { signal: bound.signal }), gaveUp])
    return { type: 'response', response }
  } catch (error) {
    signal.throwIfAborted()
    if (bound.signal.aborted) return { type: 'failed', error: silence }
    // What a provider throws by mistake may quote its request; only the fact of it goes on.
    return { type: 'failed', error: isTokenRequestFailed(error) ? error : tokenRequestError({ kind: 'unknown' }) }
  } finally {
    alarm[Symbol.dispose]()
    signal.removeEventListener('abort', abort)
    gaveUp.catch(() => undefined)
  }
}
