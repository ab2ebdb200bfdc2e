import {
  createSession,
  memoryStore,
  type CredentialsInput,
  type SessionOptions,
  type TokenSession,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { onTestFinished } from 'vitest'
import { tastytradeLegacy, type TastytradeLegacyOptions } from '../../src/tastytrade-legacy.ts'
import { createFakeSessions, LOGIN, PASSWORD } from './fake.ts'

/** A fake of `/sessions` on a virtual clock, and sessions at it. */
export function createRig() {
  const clock = new VirtualClock()
  const fake = createFakeSessions(clock)
  const sessions: TokenSession[] = []
  onTestFinished(async () => {
    const ends = sessions.map((session) => session.dispose())
    await clock.advance(60_000)
    await Promise.all(ends)
  })

  return {
    clock,
    fake,
    open: (
      options: TastytradeLegacyOptions = {},
      credentials: CredentialsInput = { clientId: LOGIN, clientSecret: PASSWORD },
      more: Partial<SessionOptions> = {},
    ) => {
      const provider = tastytradeLegacy({ baseUrl: 'https://fake.test', fetch: fake.fetch.fetch, clock, ...options })
      const session = createSession({ provider, credentials, clock, store: memoryStore(), ...more })
      sessions.push(session)
      return session
    },
  }
}

export const proofs = (fake: ReturnType<typeof createFakeSessions>) => fake.log.map(({ proof }) => proof)
