import { createSession, memoryStore, secret, type Provider, type TokenSession } from '@evergrant/core'
import { watchSubscriptions, type UiSession } from './ui-subscriptions.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A session for a binding to show, and what can be seen of it from behind. */
export interface UiScene {
  readonly session: TokenSession
  /** The same as a binding gets it. */
  readonly watched: UiSession
  readonly server: { refuse: boolean }
  readonly clock: VirtualClock
  /** How often the store was read. */
  readonly reads: () => number
  /** How many subscriptions have not ended. */
  readonly subscriptions: () => number
  readonly close: () => Promise<void>
}

/** Of a token, in seconds. */
const LIFETIME = 900
const MINUTE = 60_000

export function openUiScene(): UiScene {
  const clock = new VirtualClock()
  const server = { refuse: false }
  let granted = 0
  let reads = 0
  const provider: Provider = {
    issuer: 'https://ui.test',
    async requestToken() {
      if (server.refuse) throw new Error('The server has gone')
      granted += 1
      return { accessToken: secret(`invented-${granted}`), expiresIn: LIFETIME }
    },
  }
  const memory = memoryStore()
  const session = createSession({
    provider,
    credentials: { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' },
    store: {
      ...memory,
      read(key) {
        reads += 1
        return memory.read(key)
      },
    },
    clock,
    random: () => 0.5,
  })

  return {
    session,
    ...watchSubscriptions(session),
    server,
    clock,
    reads: () => reads,
    async close() {
      const end = session.dispose()
      await clock.advance(MINUTE)
      await end
    },
  }
}
