import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@evergrant/core'
import { Provider, type ClientMetadata, type Configuration, type JWK } from 'oidc-provider'
import { createDatabase, type Database } from './database.ts'

/** An application as the server knows it. */
interface RegisteredClient {
  readonly clientId: string
  /** Missing: a public client (RFC 6749 section 2.1), which has PKCE alone. */
  readonly clientSecret?: string
}

/** The unmodified oidc-provider on a free port of this machine. */
export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string
  readonly database: Database
  /** Requests that have come to the token endpoint. */
  readonly tokenRequests: number
  /** Why the token endpoint refused, in the words that the server keeps to itself. */
  readonly refusals: readonly string[]
  /** Grants that the server has ended: after a revocation, or a refresh token that came twice. */
  readonly revokedGrants: number
}

interface AuthorizationServerOptions {
  readonly clients: readonly RegisteredClient[]
  readonly redirectUri: string
  /** What the `Date` header tells; the server's own deadlines are moved with {@link Database.age}. */
  readonly clock: Pick<Clock, 'now'>
}

/** Lifetimes in seconds. */
const LIFETIME = { accessToken: 900, authorizationCode: 60, refreshToken: 30 * 86_400 } as const

/** Rotates every refresh token, ends the grant when one comes twice, and demands PKCE of everybody. */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const database = createDatabase()
  const refusals: string[] = []
  let tokenRequests = 0
  let revokedGrants = 0
  let answer: RequestListener = (_request, response) => response.destroy()
  const listener = createServer((request, response) => {
    if (request.url === '/token') tokenRequests += 1
    response.setHeader('date', new Date(options.clock.now()).toUTCString())
    answer(request, response)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`

  const provider = withoutTheWarning(() => new Provider(issuer, configuration(options, database)))
  provider.on('grant.error', (_context, error) => refusals.push(error.error_detail ?? error.error))
  provider.on('grant.revoked', () => (revokedGrants += 1))
  const handle = provider.callback()
  answer = (request, response) => void handle(request, response)

  return {
    issuer,
    database,
    refusals,
    get tokenRequests() {
      return tokenRequests
    },
    get revokedGrants() {
      return revokedGrants
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => listener.close(resolve))
      listener.closeAllConnections()
      await closed
    },
  }
}

function configuration({ clients, redirectUri }: AuthorizationServerOptions, database: Database): Configuration {
  return {
    adapter: database.adapter,
    clockTolerance: 0,
    clients: clients.map((client) => metadata(client, redirectUri)),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [signingKey()] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: LIFETIME.accessToken,
      AuthorizationCode: LIFETIME.authorizationCode,
      RefreshToken: LIFETIME.refreshToken,
      Grant: 365 * 86_400,
      IdToken: 3_600,
      Interaction: 3_600,
      Session: 86_400,
    },
  }
}

function metadata({ clientId, clientSecret }: RegisteredClient, redirectUri: string): ClientMetadata {
  return {
    client_id: clientId,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    ...(clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' }),
  }
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }
}

/**
 * The login pages warn at their construction that they are for development, and no setting turns that off. Here they
 * are just that. Any other warning comes through.
 */
function withoutTheWarning<T>(construct: () => T): T {
  const { warn } = console
  console.warn = (text: unknown) => {
    if (!String(text).includes('devInteractions')) warn(text)
  }
  try {
    return construct()
  } finally {
    console.warn = warn
  }
}
