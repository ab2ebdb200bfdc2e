import { randomBytes } from 'node:crypto'
import type { Policy } from '@evergrant/core'
import { fakeTastytrade, type FakeGrant, type FakeTastytrade } from '@evergrant/testing'
import { keeperKeys, type KeyScope } from '../../src/index.ts'
import { startProgram, type Program } from './program.ts'
import { startReplica, type Replica } from './replica.ts'
import { openStorePlace, type StoreKind, type StorePlace } from './store-place.ts'
import type { CallerPlan, LoadSaid, ReplicaStep } from './words.ts'

export interface ClusterOptions {
  readonly store: StoreKind
  /** Seconds that a token lives. */
  readonly lifetime: number
  readonly policy: Partial<Policy>
  /** How many. Default 3. */
  readonly size?: number
  readonly heard?: (replica: number, step: ReplicaStep) => void
}

/** What an answer of a keeper says. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** Replicas on one real store, over one fake that rotates strictly. */
export interface Cluster extends AsyncDisposable {
  readonly fake: FakeTastytrade
  readonly place: StorePlace
  readonly replicas: readonly Replica[]
  /** A key for all accounts. */
  readonly key: (...scopes: readonly KeyScope[]) => Promise<string>
  readonly ask: (replica: Replica, key: string, target: string, init?: RequestInit) => Promise<Answer>
  /** Posts the credentials of a grant. */
  readonly post: (replica: Replica, account: string, grant: FakeGrant, untried?: boolean) => Promise<Answer>
  /** A second process, whose callers go from replica to replica. */
  load(accounts: readonly CallerPlan[], heard?: (said: LoadSaid) => void): Promise<Program<LoadSaid>>
}

const REPLICAS = 3
const IDLE_AFTER = 2_500
/** Ms that a replica takes for a request at most; its store's time is well within. */
const REQUEST_TIME = 8_000
const STORE_TIMEOUT = 2_000
/** Ms in which each call must come to something: the lease of a dead replica, and tries at two that are silent. */
export const CALL_BOUND = 20_000
const TRY_TIME = 3_000

export async function openCluster({
  store,
  lifetime,
  policy,
  size = REPLICAS,
  heard = () => undefined,
}: ClusterOptions): Promise<Cluster> {
  await using resources = new AsyncDisposableStack()
  const fake = fakeTastytrade({ rotation: 'strict', lifetime })
  const { url: baseUrl } = resources.use(await fake.listen())
  const place = resources.use(openStorePlace(store))
  const sealingKey = randomBytes(32).toString('base64')
  const keys = keeperKeys({ store: place.store, sealing: { key: sealingKey } })
  const settings = {
    sealingKey,
    baseUrl,
    policy,
    idleAfter: IDLE_AFTER,
    requestTime: REQUEST_TIME,
    storeTimeout: STORE_TIMEOUT,
  }
  const starting = Array.from({ length: size }, async (_, number) =>
    resources.use(await startReplica({ number, place, settings, heard })),
  )
  const replicas = await Promise.all(starting)

  async function key(...scopes: readonly KeyScope[]): Promise<string> {
    const created = await keys.create({ name: 'test', scopes, accounts: '*' })
    return created.key.reveal()
  }
  const operator = await key('admin')

  async function ask(replica: Replica, asker: string, target: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${asker}` }
    const response = await fetch(`${replica.url}${target}`, {
      ...init,
      headers,
      signal: AbortSignal.any([AbortSignal.timeout(CALL_BOUND), ...(init.signal ? [init.signal] : [])]),
    })
    const { status } = response
    return { status, headers: response.headers, body: (await response.json()) as Answer['body'] }
  }

  const rest = resources.move()
  return {
    fake,
    place,
    replicas,
    key,
    ask,
    post(replica, account, { clientId, clientSecret, refreshToken }, untried = false) {
      // The client is named, so that the same may be posted again when an answer was lost.
      const body = { account, client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken, untried }
      return ask(replica, operator, '/api/v1/credentials', { method: 'POST', body: JSON.stringify(body) })
    },
    async load(accounts, listener) {
      const urls = replicas.map(({ url }) => url)
      const plan = {
        urls,
        apiKey: await key('token'),
        accounts,
        apiUrl: baseUrl,
        bound: CALL_BOUND,
        tryTime: TRY_TIME,
      }
      return rest.use(await startProgram<LoadSaid>('callers', plan, listener))
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
