import type { AxiosAdapter } from 'axios'
import type { BearerSession } from '../bearer/options.ts'
import type { HttpClientPart } from './parts.ts'
import { replaceMembers } from './replaced.ts'

/**
 * The SDK sends all requests by the axios that is global to it, so the one place where a client is told from another
 * is the config that it makes for each request. It logs that too.
 */
export function driveHttpClient(client: HttpClientPart, session: BearerSession, adapter: AxiosAdapter): Disposable {
  const axiosConfig = client.axiosConfig.bind(client)

  return replaceMembers(client, {
    axiosConfig: (method, url, data, headers, params) => ({
      ...axiosConfig(method, url, data, withoutToken(headers), params),
      adapter,
    }),
    // Whoever sends waits for the token himself: the adapter above, or the streamer.
    get needsTokenRefresh() {
      return false
    },
    get authHeader() {
      return session.peekToken()?.authorization ?? null
    },
    async generateAccessToken() {
      await session.getToken()
      return client.accessToken
    },
  })
}

function withoutToken(headers: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}
