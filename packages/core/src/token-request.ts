import type { Credentials } from './credentials.ts'
import { createDeadline } from './deadline.ts'
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
  using deadline = createDeadline(timeline, policy.requestTimeout, silence, [signal])
  try {
    const asked = provider.requestToken(credentials, { signal: deadline.signal })
    return { type: 'response', response: await Promise.race([asked, deadline.passed]) }
  } catch (error) {
    signal.throwIfAborted()
    if (deadline.signal.aborted) return { type: 'failed', error: silence }
    // What a provider throws by mistake may quote its request; only the fact of it goes on.
    return { type: 'failed', error: isTokenRequestFailed(error) ? error : tokenRequestError({ kind: 'unknown' }) }
  }
}
