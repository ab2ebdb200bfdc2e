import { bearerFetch } from '@evergrant/adapters/fetch'
import { fileStore } from '@evergrant/adapters/file'
import { bearer } from '@evergrant/adapters/ky'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession, memoryStore } from '@evergrant/core'
import ky from 'ky'
import type { Peer, PeerClient, PeerSettings } from './client.ts'

type Over = 'ky' | 'fetch'

const wiring =
  'createSession() as in the README, no option but the server, the credentials and, where others share it, a file'

export const evergrantKy: Peer = {
  name: 'evergrant with ky',
  package: '@evergrant/core',
  over: 'ky',
  wiring,
  create: (settings) => createClient(settings, 'ky'),
}

export const evergrantFetch: Peer = {
  name: 'evergrant with fetch',
  package: '@evergrant/core',
  over: 'fetch',
  wiring,
  create: (settings) => createClient(settings, 'fetch'),
}

function createClient({ url, clientId, clientSecret, refreshToken, file }: PeerSettings, over: Over): PeerClient {
  const session = createSession({
    provider: tastytrade({ baseUrl: url }),
    credentials: { clientId, clientSecret, refreshToken },
    store: file === null ? memoryStore() : fileStore(file),
    ...(file === null ? {} : { sharing: 'host' as const }),
  })
  const send = over === 'ky' ? ky.extend(bearer(session)) : bearerFetch(session)
  return {
    token: async () => (await session.getToken()).value,
    ask: () => session.getToken(),
    async request() {
      const response = await send(`${url}/data`)
      await response.arrayBuffer()
      return response.status
    },
    held: session,
    end: () => session.dispose(),
  }
}
