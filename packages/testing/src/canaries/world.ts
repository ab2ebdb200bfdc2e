import { createSession, memoryStore, type CredentialsInput, type Provider, type TokenSession } from '@evergrant/core'
import type { StorePlace } from '../store-contract-cases.ts'
import { fakeTastytrade, type FakeTastytrade } from '../tastytrade/fake-tastytrade.ts'
import type { FakeFetch } from '../tastytrade/fetch-door.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { plantCanaries, type Canaries } from './canaries.ts'
import type { Echo } from './echoes.ts'
import { plainProvider } from './plain-provider.ts'
import { troubledStore, type TroubledStore } from './store-troubles.ts'
import { readRequest, secretsOf, tapFetch, type Wiretap } from './wiretap.ts'

/** What a part under test may be made from. */
export interface CanaryParts {
  /** Reaches a fake tastytrade, or a server that repeats what it is sent. */
  readonly fetch: FakeFetch
  /** Where that server is, e.g. for `baseUrl`; the token endpoint is `/oauth/token`. */
  readonly baseUrl: string
}

/** Makes one call to the API with the token of a session, as an HTTP adapter does. */
export type CanaryClient = (url: string, init: RequestInit) => Promise<unknown>

/** Where a store keeps its entries, and what else can be seen of it. */
export interface CanaryPlace extends StorePlace {
  /** E.g. the names of its files, or the lines of its log. Not what it stores, which may be in clear. */
  visible?(): unknown
}

/** Ends what goes wrong. */
export type Mend = () => void | Promise<void>

/** What is to be searched. Whatever is left out is a part of evergrant that is known to keep quiet. */
export interface CanarySubject<Place extends CanaryPlace = CanaryPlace> {
  /** The provider; default one that repeats nothing. */
  readonly provider?: (parts: CanaryParts) => Provider
  /** HTTP adapters by name, each made for a session. Default none. */
  readonly clients?: Readonly<Record<string, (session: TokenSession, parts: CanaryParts) => CanaryClient>>
  /** An empty place for a store; called once per case. The clock is the one of the session. Default `memoryStore()`. */
  readonly createPlace?: (clock: VirtualClock) => Place | Promise<Place>
  /** What can go wrong with this store alone, by name: does it, and gives the way to mend it. */
  readonly troubles?: Readonly<Record<string, (place: Place) => Mend | Promise<Mend>>>
}

/** A server, a session with the parts under test, and everything that is heard of them. */
export interface World<Place extends CanaryPlace = CanaryPlace> {
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly canaries: Canaries
  readonly wiretap: Wiretap
  readonly provider: Provider
  readonly store: TroubledStore
  readonly place: Place | null
  readonly session: TokenSession
  readonly clients: Readonly<Record<string, CanaryClient>>
  /** In place of the server for every request that carries a secret in its body; `null`: the server answers. */
  echo: Echo | null
  /** Planted, and good for a new grant if the server answers. */
  readonly newCredentials: () => CredentialsInput
}

/** No request leaves the process, so no name is looked up. */
export const BASE_URL = 'https://canaries.test'
/** False in a browser, which lets no script name itself, and names itself on a way that these requests do not take. */
const namesUserAgent = () => new Request(BASE_URL, { headers: { 'user-agent': 'a' } }).headers.has('user-agent')

export async function openWorld<Place extends CanaryPlace>(subject: CanarySubject<Place>): Promise<World<Place>> {
  let echo: Echo | null = null
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server, rotation: 'strict', userAgentRequired: namesUserAgent() })
  const canaries = plantCanaries()
  const wiretap = tapFetch((input, init) => answer(input, init), canaries)
  const parts: CanaryParts = { fetch: wiretap.fetch, baseUrl: BASE_URL }
  const provider = subject.provider?.(parts) ?? plainProvider(parts.fetch, parts.baseUrl)
  const place = (await subject.createPlace?.(clock)) ?? null
  const store = troubledStore(place?.open() ?? memoryStore())

  async function answer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { text, whole } = await readRequest(new Request(input, init))
    return echo === null || secretsOf(text).length === 0 ? fake.fetch(whole) : echo(text)
  }

  function newCredentials(): CredentialsInput {
    if (echo !== null) {
      return { clientSecret: canaries.plant('client secret'), refreshToken: canaries.plant('refresh token') }
    }
    const { clientId, clientSecret, refreshToken } = fake.createGrant()
    canaries.note('client secret', clientSecret)
    canaries.note('refresh token', refreshToken)
    return { clientId, clientSecret, refreshToken }
  }

  const credentials = newCredentials()
  const session = createSession({ provider, store, credentials, clock })
  const clients = Object.entries(subject.clients ?? {}).map(([name, create]) => [name, create(session, parts)] as const)
  return {
    clock,
    fake,
    canaries,
    wiretap,
    provider,
    store,
    place,
    session,
    clients: Object.fromEntries(clients),
    newCredentials,
    get echo() {
      return echo
    },
    set echo(next) {
      echo = next
    },
  }
}
