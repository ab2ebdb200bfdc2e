import { createSession, tokenRequestError, type Provider, type TokenRequestFailure } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { onTestFinished } from 'vitest'

export interface SessionRigOptions {
  /** The token of a generation. Default `token-1`, `token-2`, … */
  readonly value?: (generation: number) => string
}

/** A real session on a virtual clock; its server gives tokens of 15 minutes until it is told to fail. */
export function sessionRig({ value = (generation) => `token-${generation}` }: SessionRigOptions = {}) {
  const clock = new VirtualClock()
  let requests = 0
  let granted = 0
  let failure: TokenRequestFailure | null = null
  const provider: Provider = {
    issuer: 'https://server.test',
    environment: 'sandbox',
    async requestToken() {
      requests += 1
      if (failure !== null) throw tokenRequestError(failure)
      granted += 1
      return { accessToken: value(granted), expiresIn: 900 }
    },
  }
  const session = createSession({ provider, credentials: { refreshToken: 'planted' }, clock, random: () => 0.5 })
  onTestFinished(() => session.dispose())
  return {
    clock,
    session,
    /** Token requests so far. */
    requests: () => requests,
    /** What the token server says from now on; `null` for tokens. */
    failWith(next: TokenRequestFailure | null) {
      failure = next
    },
    /** The grant is dead, as the session knows; the token that there is lives on. */
    async revoke() {
      failure = { kind: 'rejected', status: 400, oauthCode: 'invalid_grant' }
      const refused = session.refresh({ force: true }).catch(() => undefined)
      await clock.advance(10_000)
      await refused
    },
    /** A person logs in again. */
    async mend() {
      failure = null
      await session.setCredentials({ refreshToken: 'planted again' })
    },
  }
}
