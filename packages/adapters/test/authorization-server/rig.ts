import {
  createSession,
  defaultPolicy,
  secret,
  type Credentials,
  type Provider,
  type SessionOptions,
  type TokenSession,
} from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { onTestFinished, vi } from 'vitest'
import type { FetchFunction } from '../../src/http/fetch-function.ts'
import { startAuthorizationServer } from './authorization-server.ts'
import { signIn } from './browser.ts'
import { beginLogin, finishLogin, type Application } from './code-flow.ts'
import { oauthProvider } from './oauth-provider.ts'
import { discover } from './server.ts'

// For slow machines: nothing here waits for time.
vi.setConfig({ testTimeout: 60_000 })

const redirectUri = 'http://127.0.0.1/callback'

// Letters that a form and a header write differently, since the secret goes through both (RFC 6749 section 2.3.1).
export const BOT: Application = { clientId: 'bot', clientSecret: secret('made+up/secret%of:the&bot'), redirectUri }
export const OTHER: Application = {
  clientId: 'other',
  clientSecret: secret('made-up-secret-of-the-other'),
  redirectUri,
}
export const PUBLIC: Application = { clientId: 'command-line', redirectUri }

/**
 * A real authorization server, people who sign in to it, and sessions of evergrant. The requests are real ones on
 * loopback and take what they take; every deadline of a session is on the virtual clock, the server's `Date` tells its
 * time, and `pass` moves the server's deadlines with it. So both agree, and nothing waits.
 *
 * It shows what the fake of tastytrade cannot, which repeats what we believe of one server: that a grant comes of a code
 * flow; that a refresh token which comes twice takes the access token and the newest refresh token along; that every
 * death of a grant is told in the same words, so that only the journal tells `rotation-lost` from `grant-revoked`; that
 * a wrong client is refused by 401 with a challenge; that a sign-out can end the grant at the server.
 */
export async function createRig() {
  const clock = new VirtualClock({ now: Date.now() })
  const clients = [BOT, OTHER, PUBLIC].map(({ clientId, clientSecret }) => ({
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret: clientSecret.reveal() }),
  }))
  const authorization = await startAuthorizationServer({ clients, redirectUri, clock: clock.server })
  const server = await discover(authorization.issuer)
  const sessions: TokenSession[] = []
  onTestFinished(async () => {
    await Promise.all(sessions.map((session) => session.dispose()))
    await authorization[Symbol.asyncDispose]()
  })

  return {
    clock,
    authorization,
    server,

    /** A person signs in, consents, and the application gets its credentials. */
    async login(application = BOT): Promise<Credentials> {
      const login = await beginLogin(server, application)
      return finishLogin(server, application, login, await signIn(login.url, redirectUri, { login: 'ada' }))
    },

    open(options: Partial<SessionOptions> & { readonly fetch?: FetchFunction } = {}): TokenSession {
      const { fetch, ...rest } = options
      const provider: Provider = oauthProvider({ ...server, fetch })
      // A wait that is drawn as none would be over before a test can look.
      const session = createSession({ provider, clock, random: () => 0.5, ...rest })
      sessions.push(session)
      return session
    },

    /** Time passes, for the server too. Not while a request is under way: its time-out would come first. */
    async pass(ms: number): Promise<void> {
      authorization.database.age(ms / 1_000)
      await clock.advance(ms)
    },

    /** As long as has to lie between two token requests. */
    untilNextRequest(): Promise<void> {
      return this.pass(defaultPolicy.floor)
    },

    /** Lets the session come to its next refresh, as it does by itself, and waits for the new token. */
    async nextLifetime(session: TokenSession): Promise<void> {
      const { generation, refreshAt } = session.getSnapshot()
      await this.pass((refreshAt ?? 0) - clock.time)
      await clock.settleUntil(() => session.getSnapshot().generation > generation)
    },

    /** What the server's API says to this token: the status of its userinfo endpoint. */
    async userinfo(token: { readonly value: string }): Promise<number> {
      const headers = { authorization: `Bearer ${token.value}` }
      const response = await fetch(server.metadata.userinfo_endpoint ?? '', { headers })
      await response.text()
      return response.status
    },

    /** Somebody else sends a refresh token that leaked, with the application's own secret. Gives the status. */
    async stranger(path: 'token' | 'token/revocation', { clientId, clientSecret, refreshToken }: Stolen) {
      const field = path === 'token' ? 'refresh_token' : 'token'
      const basic = [clientId ?? '', clientSecret?.reveal() ?? ''].map(encodeURIComponent).join(':')
      const response = await fetch(`${authorization.issuer}/${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'refresh_token', [field]: refreshToken?.reveal() ?? '' }),
      })
      await response.text()
      return response.status
    },
  }
}

/** What somebody has got hold of: a refresh token, and the application's own name and secret. */
type Stolen = { readonly [Field in keyof Credentials]: Credentials[Field] | undefined }

export type Rig = Awaited<ReturnType<typeof createRig>>
