import type { Options } from 'ky'
import { userAgentHeader } from '../http/user-agent.ts'
import type { TastytradeSettings } from './options.ts'

/**
 * One request as it is: nothing repeated, followed, cached or added. In particular a token request has no
 * `Authorization`, which makes the server refuse later refreshes (docs/protocol.md#headers). No time limit either: that
 * is core's, through the signal.
 */
export function bare(
  settings: Pick<TastytradeSettings, 'fetch' | 'userAgent'>,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Options {
  return {
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
    headers: { accept: 'application/json', ...userAgentHeader(settings.userAgent), ...headers },
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'manual',
    referrerPolicy: 'no-referrer',
    retry: 0,
    signal,
    throwHttpErrors: false,
    timeout: false,
  }
}
