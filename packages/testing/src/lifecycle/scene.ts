import {
  createSession,
  memoryStore,
  type AccessToken,
  type Provider,
  type SessionStatus,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import { VirtualClock } from '../virtual-clock.ts'
import { followCallers, type FollowedCallers } from './callers.ts'
import { LIFECYCLE_POLICY } from './policy.ts'
import type { CreateLifecycleServer, LifecycleDoor, LifecycleServer } from './server.ts'

/** The parts that the paths are walked with, made anew for each of them. */
export interface SceneParts {
  /** The provider under test. All its requests go through the `fetch` of the door, to the base URL of the door. */
  readonly provider: (door: LifecycleDoor) => Provider
  /**
   * An empty store, on the clock of the session. It is not disposed of; what it leaves behind is for the caller to clear
   * away. One that reaches a real place does so {@link VirtualClock.during} virtual time. Default `memoryStore()`.
   */
  readonly store?: ((clock: VirtualClock) => TokenStore | Promise<TokenStore>) | undefined
  readonly server: CreateLifecycleServer
  /**
   * An HTTP adapter: makes the function that calls the API once with the session's token, through the `fetch` of the
   * door. The callers of the paths then call the API, and the adapter has to report the tokens that are refused. Left
   * out, callers ask the session itself.
   */
  readonly call?: ((session: TokenSession, door: LifecycleDoor) => () => Promise<unknown>) | undefined
}

/** A session in its world: one server, one store, one clock. */
export interface Scene extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly server: LifecycleServer
  readonly session: TokenSession
  /** Calls the API once, where an HTTP adapter is under test. */
  readonly call: (() => Promise<unknown>) | null
  readonly callers: FollowedCallers
  /** Every token that the session has shown, the last one last. */
  readonly tokens: readonly AccessToken[]
  /** The last values of `token$` and `status$`. */
  readonly shown: { readonly token: AccessToken | null; readonly status: SessionStatus | null }
  /** Generations that were reported as refused. */
  readonly refused: Set<number>
  /** Generation of the token that a sibling fetched last; 0 if none did. */
  fetchedBySibling: number
  /** Promises broken between two steps. */
  readonly complaints: string[]
  /** Whether the store is read and written in real time. */
  readonly realIo: boolean
  /** Exchanges of the session that are not over. */
  readonly exchanges: number
  /** Lets another session on the same store do something, and end. */
  readonly withSibling: (act: (sibling: TokenSession) => Promise<unknown>) => Promise<void>
}

const ACCOUNT = 'lifecycle'
const MINUTE = 60_000

export async function openScene({
  call,
  provider,
  store = memoryStore,
  server: createServer,
}: SceneParts): Promise<Scene> {
  const clock = new VirtualClock()
  const server = createServer(clock)
  const shared = await store(clock)
  const door: LifecycleDoor = { baseUrl: server.baseUrl, fetch: server.fetch }
  const asProvider = provider(door)
  const tokens: AccessToken[] = []
  const refused = new Set<number>()
  const complaints: string[] = []
  const shown: { token: AccessToken | null; status: SessionStatus | null } = { token: null, status: null }
  let exchanges = 0

  const open = (): TokenSession =>
    createSession({
      provider: asProvider,
      store: shared,
      account: ACCOUNT,
      clock,
      policy: LIFECYCLE_POLICY,
      // The middle of every jitter: the same story each time (P16).
      random: () => 0.5,
      onListenerError: (error) => complaints.push(`a listener threw ${String(error)}`),
    })

  async function withSibling(act: (sibling: TokenSession) => Promise<unknown>): Promise<void> {
    const sibling = open()
    try {
      await act(sibling)
    } finally {
      await sibling.dispose()
    }
  }

  function judge(token: AccessToken, by: string): void {
    if (token.expiresAt <= clock.time) complaints.push(`P5: ${by} gave a token that had expired`)
    if (refused.has(token.generation)) complaints.push(`P5: ${by} gave a token that had been refused`)
  }

  await withSibling((first) => first.setCredentials(server.issueCredentials()))
  const session = open()
  session.token$.subscribe((token) => {
    shown.token = token
    if (token === null) return
    judge(token, 'token$')
    tokens.push(token)
  })
  session.status$.subscribe((status) => void (shown.status = status))
  session.events$.subscribe((event) => {
    if (event.type !== 'exchange-step') return
    if (event.step === 'lease') exchanges += 1
    if (event.step === 'released') exchanges -= 1
  })

  return {
    clock,
    server,
    session,
    call: call?.(session, door) ?? null,
    callers: followCallers(judge),
    tokens,
    refused,
    fetchedBySibling: 0,
    complaints,
    realIo: shared.sharing !== 'process',
    shown,
    get exchanges() {
      return exchanges
    },
    withSibling,
    async [Symbol.asyncDispose]() {
      // It waits for a request under way, until that has timed out.
      const end = session.dispose()
      await clock.advance(MINUTE)
      await end
    },
  }
}
