import { generateKeyPairSync } from 'node:crypto'
import {
  createSession,
  memoryStore,
  secret,
  type CredentialsInput,
  type Secret,
  type SessionOptions,
  type TokenSession,
} from '@evergrant/core'
import type { ClientMetadata } from 'oidc-provider'
import { onTestFinished, vi } from 'vitest'
import { oauth2, type LoginResult, type OAuth2Options, type OAuth2Provider } from '../../src/oauth2.ts'
import { signIn } from '../authorization-server/browser.ts'
import { GRANT_TYPES, startServer, type FullServerOptions } from './server.ts'

// For slow machines: nothing here waits for time.
vi.setConfig({ testTimeout: 60_000 })

export const REDIRECT_URI = 'http://127.0.0.1/callback'
export const SCOPE = 'openid offline_access read'
// Letters that a form and a header write differently, since the secret goes through both (RFC 6749 section 2.3.1).
export const CLIENT_SECRET = 'made+up/secret%of:the&bot~(1)'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The key of the client `signs`, as WebCrypto has it. */
export function clientKey(): Promise<CryptoKey> {
  const jwk = pair.privateKey.export({ format: 'jwk' })
  return crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
}

export function dpopKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
}

function client(id: string, metadata: Partial<ClientMetadata>): ClientMetadata {
  return { client_id: id, redirect_uris: [REDIRECT_URI], grant_types: GRANT_TYPES, ...metadata }
}

const withSecret = { client_secret: CLIENT_SECRET }
const CLIENTS: readonly ClientMetadata[] = [
  client('basic', { ...withSecret, token_endpoint_auth_method: 'client_secret_basic' }),
  client('post', { ...withSecret, token_endpoint_auth_method: 'client_secret_post' }),
  client('signs', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'made-up-key' }] },
  }),
  client('public', {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    // A public client has no grant of its own (RFC 6749 section 4.4).
    grant_types: GRANT_TYPES.filter((type) => type !== 'client_credentials'),
  }),
]

/** Each way of a client to authenticate, with the options that it takes. */
export const AUTHENTICATIONS = ['basic', 'post', 'signs', 'public'] as const
export type ClientName = (typeof AUTHENTICATIONS)[number]

async function clientOptions(name: ClientName): Promise<Partial<OAuth2Options>> {
  if (name === 'public') return { clientId: name }
  if (name === 'signs') return { clientId: name, privateKey: { key: await clientKey(), kid: 'made-up-key' } }
  const clientAuthentication = name === 'post' ? 'client_secret_post' : undefined
  return { clientId: name, clientSecret: CLIENT_SECRET, clientAuthentication }
}

/** A real authorization server with every feature, on the time of this machine. */
export async function createRig(options: Partial<FullServerOptions> = {}) {
  const server = await startServer({ clients: CLIENTS, ...options })
  const sessions: TokenSession[] = []
  onTestFinished(async () => {
    await Promise.all(sessions.map((session) => session.dispose()))
    await server[Symbol.asyncDispose]()
  })

  return {
    server,

    async provider(name: ClientName = 'basic', more: Partial<OAuth2Options> = {}): Promise<OAuth2Provider> {
      return oauth2({ issuer: server.issuer, ...(await clientOptions(name)), ...more })
    },

    /** A person signs in, consents, and the application gets its credentials. */
    async login(provider: OAuth2Provider): Promise<LoginResult> {
      const login = await provider.beginLogin({
        redirectUri: REDIRECT_URI,
        scope: SCOPE,
        additionalParameters: { prompt: 'consent' },
      })
      return login.finish(await signIn(login.url, REDIRECT_URI, { login: 'ada' }))
    },

    open<P extends OAuth2Provider>(
      provider: P,
      credentials: CredentialsInput,
      more: Partial<SessionOptions<P>> = {},
    ): TokenSession<P> {
      // The next token may come at once.
      const session = createSession({ provider, credentials, store: memoryStore(), policy: { floor: 0 }, ...more })
      sessions.push(session)
      return session
    },

    /** What the server's API says to this token: the status of its userinfo endpoint. */
    async userinfo(authorization: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
      const response = await fetch(`${server.issuer}/me`, { headers: { authorization, ...headers } })
      await response.text()
      return response.status
    },

    /** Whether any of these stands in an address that was asked for. */
    addressesWith(...secrets: readonly string[]): readonly string[] {
      const forms = secrets.flatMap((text) => [text, encodeURIComponent(text)])
      return server.requests.map(({ url }) => url).filter((url) => forms.some((form) => url.includes(form)))
    },
  }
}

export type Rig = Awaited<ReturnType<typeof createRig>>

export const revealed = (text: string | Secret | undefined) => secret(text ?? '').reveal()
