import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Provider, type ClientMetadata, type Configuration } from 'oidc-provider'
import { createDatabase, type Database } from '../authorization-server/database.ts'

/** What has come in, as a log of the server would have it. */
interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly url: string
  readonly authorization: string
}

/** The unmodified oidc-provider on a free port of this machine, with every grant, introspection, revocation and DPoP. */
export interface FullServer extends AsyncDisposable {
  readonly issuer: string
  readonly database: Database
  readonly requests: readonly LoggedRequest[]
  /** Why the token endpoint refused, in the words that the server keeps to itself. */
  readonly refusals: readonly string[]
  /** How many requests have come to a path. */
  count(path: string): number
  /** In place of the server, while it is set. */
  instead: RequestListener | null
}

export interface FullServerOptions {
  readonly clients: readonly ClientMetadata[]
  /** Whether every proof must have a nonce (RFC 9449 section 8). Default false. */
  readonly requireNonce?: boolean
  /** Seconds by which what a client signs may be from the future. Default 0. */
  readonly clockTolerance?: number
  /** Whether a code is of no use without its verifier (RFC 7636). Default true. */
  readonly requirePkce?: boolean
  /** Seconds. Default 900. */
  readonly deviceCodeLifetime?: number
}

export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
]

export async function startServer(options: FullServerOptions): Promise<FullServer> {
  const database = createDatabase()
  const requests: LoggedRequest[] = []
  const refusals: string[] = []
  let instead: RequestListener | null = null
  let answer: RequestListener = (_request, response) => response.destroy()
  const listener = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    requests.push({ method, url, path: url.split('?', 1)[0] ?? '', authorization: headers.authorization ?? '' })
    if (instead === null) answer(request, response)
    // Read first, since a client whose request is cut off hears of no answer.
    else void text(request).then(() => instead?.(request, response))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`

  const provider = withoutTheWarnings(() => new Provider(issuer, configuration(options, database)))
  provider.on('grant.error', (_context, error) => refusals.push(error.error_detail ?? error.error_description ?? ''))
  const handle = provider.callback()
  answer = (request, response) => void handle(request, response)

  return {
    issuer,
    database,
    requests,
    refusals,
    count: (path) => requests.filter((one) => one.path === path).length,
    get instead() {
      return instead
    },
    set instead(next) {
      instead = next
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => listener.close(resolve))
      listener.closeAllConnections()
      await closed
    },
  }
}

function configuration(options: FullServerOptions, database: Database): Configuration {
  const { clients, requireNonce = false, requirePkce = true } = options
  const { deviceCodeLifetime = 900, clockTolerance = 0 } = options
  return {
    adapter: database.adapter,
    clockTolerance,
    clients: [...clients],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    cookies: { keys: [randomUUID()] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      deviceFlow: {
        enabled: true,
        // Pages that a test reads: the form alone.
        userCodeInputSource: (context, form) => void (context.body = form),
        userCodeConfirmSource: (context, form) => void (context.body = form),
        successSource: (context) => void (context.body = 'The device is signed in.'),
      },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => requireNonce },
      introspection: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
    },
    pkce: { required: () => requirePkce },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'read', 'trade'],
    ttl: {
      AccessToken: 900,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      DeviceCode: deviceCodeLifetime,
      RefreshToken: 30 * 86_400,
      Grant: 365 * 86_400,
      IdToken: 3_600,
      Interaction: 3_600,
      Session: 86_400,
    },
  }
}

/** The server warns at its construction of what is meant for development alone, as all of it is here. */
function withoutTheWarnings<T>(construct: () => T): T {
  const { warn } = console
  console.warn = () => undefined
  try {
    return construct()
  } finally {
    console.warn = warn
  }
}
