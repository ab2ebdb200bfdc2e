/** Where a client logs in and what for. */
export interface PeerSettings {
  /** Of the server: `/oauth/token` is its token endpoint, `/data` its API. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
  /** Seconds ahead of expiry at which a token is to be renewed, where that can be set. */
  readonly margin: number
  /** A file to keep the grant in, where a client can share one; `null` to keep it in memory. */
  readonly file: string | null
}

/** A library as a program would use it. */
export interface PeerClient {
  /** A token that lives. */
  token(): Promise<string>
  /** The library's own call for it, as a program awaits it; where there is none, `token()` is as short as can be. */
  readonly ask?: () => Promise<unknown>
  /** One authorized request to the API; gives its status, or rejects. */
  request(): Promise<number>
  /** What a program holds, and might log. */
  readonly held: unknown
  end?(): Promise<void> | void
}

/** A library, set up as well as its documents allow. */
export interface Peer {
  readonly name: string
  /** The package, for its version; `null` for what is written by hand. */
  readonly package: string | null
  /** The HTTP client that it brings or is used with. */
  readonly over: 'fetch' | 'axios' | 'ky' | 'node:http' | 'gaxios'
  /** Seconds ahead of expiry at which it renews, where that is fixed: what the server says is overstated by as much. */
  readonly fixedMargin?: number
  /** What is to be known of how it is wired, in a line. */
  readonly wiring: string
  create(settings: PeerSettings): PeerClient | Promise<PeerClient>
}
