import type { Provider } from '@evergrant/core'

/**
 * A provider whose token requests end with a signal too. A session that is disposed waits for its request, so that no answer
 * is lost; a person who ends a login wants none.
 */
export function endingWith(provider: Provider, signal: AbortSignal): Provider {
  return {
    ...provider,
    requestToken: (credentials, options) =>
      provider.requestToken(credentials, { ...options, signal: AbortSignal.any([options.signal, signal]) }),
  }
}
