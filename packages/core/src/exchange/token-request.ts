import type { Credentials } from '../credentials.ts'
import { isTokenRequestFailed, tokenRequestError, type EvergrantError } from '../errors.ts'
import type { TokenResponse } from '../provider.ts'
import { withDeadline } from '../time/deadline.ts'
import type { ExchangePorts } from './exchange-ports.ts'

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
  refused: string | null,
): Promise<Answer> {
  const { provider, policy, timeline } = ports
  const silence = () => tokenRequestError({ kind: 'timeout' })
  const deadline = { ms: policy.requestTimeout, reason: silence, signal }
  try {
    const response = await withDeadline(timeline, deadline, (bound) =>
      provider.requestToken(credentials, { signal: bound, ...(refused === null ? {} : { refused }) }),
    )
    return { type: 'response', response }
  } catch (error) {
    signal.throwIfAborted()
    // What a provider throws by mistake may quote its request; only the fact of it goes on.
    return { type: 'failed', error: isTokenRequestFailed(error) ? error : tokenRequestError({ kind: 'unknown' }) }
  }
}
