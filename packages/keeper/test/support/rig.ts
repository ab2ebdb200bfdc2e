import { tastytrade, type TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { memoryStore, type TokenStore } from '@evergrant/core'
import {
  fakeTastytrade,
  VirtualClock,
  type FakeGrant,
  type FakeTastytrade,
  type FakeTastytradeOptions,
} from '@evergrant/testing'
import {
  createKeeper,
  type AuditEntry,
  type Keeper,
  type KeeperOptions,
  type KeyScope,
  type KeyAccounts,
} from '../../src/index.ts'

export interface Rig extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly store: TokenStore
  readonly keeper: Keeper
  readonly audit: AuditEntry[]
  /** The text of a new key. */
  key(scopes: readonly KeyScope[], accounts?: KeyAccounts): Promise<string>
  /** Asks the keeper, in this process. */
  ask(key: string | null, target: string, init?: RequestInit): Promise<Response>
  /** Lets time pass until it has settled. */
  soon<T>(work: Promise<T>): Promise<T>
  /** Posts the credentials of a grant. */
  post(account: string, grant?: FakeGrant): Promise<Response>
}

export interface RigOptions {
  readonly fake?: FakeTastytradeOptions
  readonly keeper?: Partial<KeeperOptions<TastytradeProvider>>
}

export const ORIGIN = 'http://keeper.test'

/** A keeper on a virtual clock, with a fake tastytrade behind it. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ clock: clock.server, ...options.fake })
  const store = options.keeper?.store ?? memoryStore()
  const audit: AuditEntry[] = []
  const keeper = createKeeper({
    provider: tastytrade({ fetch: fake.fetch }),
    store,
    sealing: 'sealed-already',
    clock,
    random: () => 0.5,
    audit: (entry) => audit.push(entry),
    fetch: fake.fetch,
    ...options.keeper,
  })

  async function key(scopes: readonly KeyScope[], accounts: KeyAccounts = '*'): Promise<string> {
    const created = await keeper.keys.create({ name: 'test', scopes, accounts })
    return created.key.reveal()
  }
  const operator = await key(['admin'])

  async function ask(asker: string | null, target: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (asker !== null) headers.set('authorization', `Bearer ${asker}`)
    return keeper.fetch(new Request(`${ORIGIN}${target}`, { ...init, headers }))
  }

  return {
    clock,
    fake,
    store,
    keeper,
    audit,
    key,
    ask,
    post(account, grant = fake.grant) {
      const { clientSecret, refreshToken } = grant
      return ask(
        operator,
        '/api/v1/credentials',
        jsonBody({ account, client_secret: clientSecret, refresh_token: refreshToken }),
      )
    },
    async soon(work) {
      let settled = false
      const done = work.finally(() => {
        settled = true
      })
      done.catch(() => undefined)
      await clock.advanceUntil(() => settled)
      return done
    },
    [Symbol.asyncDispose]: () => keeper.dispose(),
  }
}

export function jsonBody(body: unknown, method = 'POST'): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}
