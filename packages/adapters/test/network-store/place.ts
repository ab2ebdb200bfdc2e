import type { Json, TokenStore } from '@evergrant/core'
import type { CuttableProxy } from './cuttable-proxy.ts'

/** A store whose connections are closed with it. */
export interface NetworkStore extends TokenStore, AsyncDisposable {
  dispose(): Promise<void>
}

/** What a store in any process is opened with. Plain data, since it is also sent to child processes. */
export interface Opening {
  /** A module that exports an {@link OpenStore} as `openStore`; its file URL. */
  readonly module: string
  /** What that function is called with: how to connect, and a prefix, table or database of this place's own. */
  readonly connection: Json
}

export interface OpenStoreOptions {
  /** Ms that any call may take. Default: that of the adapter. */
  readonly timeout?: number
}

/**
 * Exported as `openStore` by the opening's module, e.g. `test/redis/open-store.ts`. Each call is a host of its own: it has
 * its own connections, and nothing in common with other stores of this process.
 */
export type OpenStore = (connection: Json, options?: OpenStoreOptions) => NetworkStore

/** Which way a store takes to the server. */
type Way = 'direct' | 'proxied'

/**
 * Where the entries of one test are: empty at first, on a real server, and cleared away when the test ends.
 *
 * The suites open stores by `opening('direct')` in the hosts that nothing happens to, and by `opening('proxied')` in the
 * one whose connection is cut.
 */
export interface NetworkPlace extends AsyncDisposable {
  /** Between the server and whoever takes the proxied way. */
  readonly proxy: CuttableProxy
  /** How to open a store on this place. */
  opening(way: Way): Opening
  /**
   * Takes the lease of this key away at the server, whoever holds it, as when it has run out there. Nobody is told.
   * Rejects if nobody holds it.
   */
  takeLeaseAway(key: string): Promise<void>
  /** Whether anybody holds the lease of this key, as the server sees it. */
  isLeaseHeld(key: string): Promise<boolean>
  /**
   * Ends the server at once and starts it again on the same port with the data that it had; resolves once it takes
   * connections. Only on a place that was made with `ownServer`.
   */
  restart(): Promise<void>
  /**
   * What stands at the server besides entries, as a list of names: leases, waiting rooms, tickets. Empty once all is
   * given back. Not listed: what the adapter keeps for good (versions, counters, tables).
   */
  leftovers(): Promise<readonly string[]>
}

export interface PlaceOptions {
  /** True gives the place a server of its own, which can be restarted and takes longer. Default: the shared one. */
  readonly ownServer?: boolean
}

export type CreateNetworkPlace = (options?: PlaceOptions) => Promise<NetworkPlace>

/** Opens a store in this process, as a child process does it in its own. */
export async function openStore({ module, connection }: Opening, options?: OpenStoreOptions): Promise<NetworkStore> {
  const { openStore: open } = (await import(module)) as { readonly openStore: OpenStore }
  return open(connection, options)
}
