import { createSession, memoryStore, type Provider, type TokenSession, type TokenStore } from '@evergrant/core'
import { createKeeper, type Keeper, type KeeperServer } from '@evergrant/keeper'
import { fakeTastytrade, VirtualClock, type FakeTastytrade } from '@evergrant/testing'
import { keeperProvider, type KeeperClientOptions } from '../../src/keeper.ts'
import { tastytrade } from '../../src/tastytrade.ts'

/** A keeper that listens on loopback, with a fake tastytrade behind it. Its time and that of its callers is virtual. */
export interface KeeperRig extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly keeper: Keeper
  readonly url: string
  /** The targets of the requests that have reached the keeper's token route through `fetch`. */
  readonly asked: readonly string[]
  /** Where they went. */
  readonly hosts: readonly string[]
  readonly key: string
  /** Another keeper on the same store: a replica. */
  replica(): Promise<KeeperServer & { readonly keeper: Keeper }>
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Stores credentials at the keeper, in place of what the account had. */
  post(account: string, refreshToken: string): Promise<void>
  session(options?: Partial<KeeperClientOptions>, store?: TokenStore): TokenSession
  /** Whatever stands before the server turns the keeper’s machine away, often enough to be taken for a block. */
  block(): Promise<void>
  /** Whether the API takes a token. */
  isLive(token: string): Promise<boolean>
}

export const ACCOUNT = 'anna'

export async function openKeeperRig(): Promise<KeeperRig> {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server })
  const store = memoryStore()
  const ends = new AsyncDisposableStack()

  const makeKeeper = (): Keeper =>
    ends.use(
      createKeeper({
        provider: tastytrade({ fetch: fake.fetch }),
        store,
        // Sealing takes real time, which virtual time does not wait for.
        sealing: 'sealed-already',
        clock,
        random: () => 0.5,
        fetch: fake.fetch,
      }),
    )
  const keeper = makeKeeper()
  const { url } = await keeper.listen({ port: 0 })
  const made = await keeper.keys.create({ name: 'bot', scopes: ['token'], accounts: [ACCOUNT] })
  const operator = await keeper.keys.create({ name: 'operator', scopes: ['admin'], accounts: '*' })
  const key = made.key.reveal()
  const asked: string[] = []
  const hosts: string[] = []

  function send(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input)
    if (pathname === '/api/v1/token') {
      asked.push(search)
      hosts.push(origin)
    }
    return clock.during(fetch(input, init))
  }

  async function post(account: string, refreshToken: string): Promise<void> {
    const { clientSecret } = fake.credentials
    const answer = await send(`${url}/api/v1/credentials`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operator.key.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ account, client_secret: clientSecret, refresh_token: refreshToken }),
    })
    if (answer.status !== 201) throw new Error(`The keeper answered ${answer.status}`)
    await answer.body?.cancel()
  }

  return {
    clock,
    fake,
    keeper,
    url,
    asked,
    hosts,
    key,
    async replica() {
      const other = makeKeeper()
      const server = await other.listen({ port: 0 })
      return { ...server, keeper: other }
    },
    fetch: send,
    post,
    session(options = {}, own = memoryStore()) {
      const where = options.urls === undefined ? { url } : {}
      const provider: Provider = keeperProvider({ ...where, apiKey: key, fetch: send, clock, ...options })
      return ends.use(createSession({ provider, clock, store: own, random: () => 0.5 }))
    },
    async block() {
      using _ = fake.fail('edge-html', { times: Number.POSITIVE_INFINITY })
      const { clientSecret, refreshToken } = fake.createGrant()
      const credentials = { clientSecret, refreshToken }
      const other = createSession({
        provider: tastytrade({ fetch: fake.fetch }),
        store,
        account: 'other',
        clock,
        credentials,
      })
      other.getToken().catch(() => undefined)
      await clock.advanceUntil(() => other.getSnapshot().state === 'blocked')
      await other.dispose()
    },
    async isLive(token) {
      const answer = await fake.fetch('https://api.tastyworks.com/customers/me', {
        headers: { authorization: `Bearer ${token}`, 'user-agent': 'test/1.0' },
      })
      return answer.status === 200
    },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
