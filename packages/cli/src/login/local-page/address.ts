import { usage } from '../../output/command-error.ts'

/** Where the local page lives: at the redirect URI, since the browser comes back there. */
export interface PageAddress {
  /** As it is registered, to the letter. */
  readonly redirectUri: string
  /** Where the person begins, e.g. `http://localhost:8000/`. */
  readonly url: string
  readonly origin: string
  /** The `Host` that a browser sends; any other was led here by a trick. */
  readonly host: string
  /** Where the callback arrives. */
  readonly callbackPath: string
  readonly port: number
  /** What to listen on: `localhost` leads to either. */
  readonly interfaces: readonly ('127.0.0.1' | '::1')[]
}

export interface PageAddressOptions {
  readonly redirectUri?: string | undefined
  /** To listen on. Default: that of the redirect URI, or 8000. */
  readonly port?: number | undefined
}

const DEFAULT_PORT = 8000
const INTERFACES: Readonly<Record<string, PageAddress['interfaces']>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
}

/** The redirect URI that is asked for: `http://localhost:8000`, or with the port that was given. Throws `usage`. */
export function redirectUriFor({ redirectUri, port = DEFAULT_PORT }: PageAddressOptions): string {
  if (redirectUri === undefined) return `http://localhost:${port}`
  const url = URL.parse(redirectUri)
  if (url !== null && url.hash === '' && url.search === '' && url.username === '') return redirectUri
  throw usage(
    'The redirect URI is no plain address',
    'Write it as it is registered with the application, e.g. http://localhost:8000',
  )
}

/** `null` for a redirect URI that does not lead to this machine. Throws `usage`. */
export function pageAddress(options: PageAddressOptions): PageAddress | null {
  const redirectUri = redirectUriFor(options)
  const url = new URL(redirectUri)
  const interfaces = url.protocol === 'http:' ? INTERFACES[url.hostname] : undefined
  if (interfaces === undefined) return null
  const { origin, host, pathname: callbackPath } = url
  const port = options.port ?? (url.port === '' ? 80 : Number(url.port))
  return { redirectUri, url: `${origin}/`, origin, host, callbackPath, port, interfaces }
}
