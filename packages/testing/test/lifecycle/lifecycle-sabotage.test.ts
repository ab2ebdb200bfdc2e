import { memoryStore, type Credentials, type Json, type Provider, type TokenStore } from '@evergrant/core'
import { lifecyclePaths, type LifecycleDoor, type LifecycleOptions, type Move } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { plainProvider } from './plain-provider.ts'
import { failureSaying } from './recorded-suite.ts'

const paths = lifecyclePaths({ by: 'state' })
const everyPath = lifecyclePaths()
/** Those with moves without which it cannot be seen: most paths are the same for a saboteur and for everybody. */
const pathsWith = (moves: readonly Move[]) => everyPath.filter((path) => moves.every((move) => path.includes(move)))
// Dozens of lives, on a machine that has other things to do.
const patient = { timeout: 60_000 }

type CreateProvider = (door: LifecycleDoor) => Provider

/** Providers that break a promise, and what is said of each. */
const PROVIDERS: readonly (readonly [name: string, create: CreateProvider, said: RegExp])[] = [
  [
    'P1 that sends each request twice at once',
    (door) => {
      const provider = plainProvider(door)
      return {
        ...provider,
        requestToken(credentials, options) {
          provider.requestToken(credentials, options).catch(() => undefined)
          return provider.requestToken(credentials, options)
        },
      }
    },
    /P1: two token requests are under way/,
  ],
  [
    'P13 that tries again by itself',
    (door) => {
      const provider = plainProvider(door)
      const again: Provider['requestToken'] = (credentials, options) =>
        provider.requestToken(credentials, options).catch(() => provider.requestToken(credentials, options))
      return { ...provider, requestToken: again }
    },
    /token requests that reached the server: expected 0, seen 1/,
  ],
  [
    'P7 that goes on with the first refresh token it saw',
    (door) => {
      const provider = plainProvider(door)
      let first: Credentials | null = null
      return { ...provider, requestToken: (now, options) => provider.requestToken((first ??= now), options) }
    },
    /P7, P14: a token request carried credentials that are not the present ones/,
  ],
  [
    'P9 that takes a 503 for the death of the grant',
    (door) => ({
      ...plainProvider(door),
      judge: ({ kind }) => (kind === 'server' ? { kind: 'revoked', reason: 'grant-revoked' } : undefined),
    }),
    /SERVER_ERROR .*\n[^]*expected backoff, seen revoked \(grant-revoked\)/,
  ],
  [
    'P2 that takes a revocation for a passing trouble',
    (door) => ({ ...plainProvider(door), judge: () => ({ kind: 'transient' }) }),
    /expected revoked \(grant-revoked\), seen backoff/,
  ],
  [
    'P9 that keeps Retry-After to itself',
    (door) => ({
      ...plainProvider(door),
      judge: ({ kind }) => (kind === 'rate-limited' ? { kind: 'transient' } : undefined),
    }),
    /P9: .*Retry-After/,
  ],
  [
    'P4 whose probe carries a secret',
    (door) => ({
      ...plainProvider(door),
      async probe({ signal }) {
        await door.fetch(door.baseUrl, { headers: { authorization: 'Bearer of-something' }, signal })
      },
    }),
    /P4: a probe carried a credential/,
  ],
  [
    'P12 that does not heed its signal, and so never gives up',
    (door) => ({
      ...plainProvider(door),
      requestToken: (credentials) =>
        plainProvider(door).requestToken(credentials, { signal: new AbortController().signal }),
    }),
    /TIME_OUT .*\n[^]*expected backoff, seen/,
  ],
]

/** A store whose entries lose something on their way in. */
function losing(change: (key: string, value: Record<string, Json>) => Record<string, Json>): () => TokenStore {
  return () => {
    const store = memoryStore()
    const write: TokenStore['write'] = (key, value, options) =>
      store.write(key, change(key, value as Record<string, Json>), options)
    return { ...store, write }
  }
}

/** Stores that break a promise, and the moves that bring it out. */
const STORES: readonly (readonly [name: string, create: () => TokenStore, said: RegExp, moves: readonly Move[]])[] = [
  [
    'P2 that forgets which credentials are dead',
    losing((_, value) => ('dead' in value ? { ...value, dead: [] } : value)),
    /expected revoked \(.*\), seen refreshing, request/,
    ['REVOKE', 'PROBE_ANSWERED'],
  ],
  [
    'P3 that forgets failed logins',
    losing((_, value) => ('failures' in value ? { ...value, failures: [] } : value)),
    /expected blocked \(login-budget-spent\)/,
    ['REVOKE', 'NEW_CREDENTIALS'],
  ],
  [
    'P4 that forgets blocks',
    losing((_, value) => ('block' in value ? { ...value, block: null } : value)),
    /expected blocked \((edge-refused|ip-block-suspected)\)/,
    ['EDGE'],
  ],
  [
    'P7 that forgets what may have been spent',
    losing((_, value) => ('journal' in value ? { ...value, journal: null } : value)),
    /expected revoked \(rotation-lost\), seen revoked \(grant-revoked\)/,
    ['SERVER_ERROR', 'REVOKE'],
  ],
  [
    'P8 that tells nobody of a change',
    () => ({ ...memoryStore(), watch: () => ({ [Symbol.dispose]: () => undefined }) }),
    /SIBLING_/,
    ['SIBLING_SET_CREDENTIALS'],
  ],
  [
    'P13 that forgets when the last token was granted',
    losing((_, value) => ('grantedAt' in value ? { ...value, grantedAt: null } : value)),
    /token requests that reached the server: expected 0, seen 1/,
    ['FORCE'],
  ],
]

describe('testLifecycle()', () => {
  it('is content with a plain provider and the default store', patient, async () => {
    expect(await failureSaying(/./, { provider: plainProvider, paths })).toBeNull()
  })

  it.each(PROVIDERS)('catches a provider %s', patient, async (_, provider, said) => {
    expect(await failureSaying(said, { provider, paths })).toMatch(said)
  })

  it.each(STORES)('catches a store %s', patient, async (_, store, said, moves) => {
    expect(await failureSaying(said, { provider: plainProvider, store, paths: pathsWith(moves) })).toMatch(said)
  })

  it('P10 catches an HTTP adapter that does not report a refused token', patient, async () => {
    const said = /REFUSED .*\n[^]*expected refreshing, request, seen valid, usable/
    const call: LifecycleOptions['call'] =
      (session, { fetch, baseUrl }) =>
      async () => {
        const { authorization } = await session.getToken()
        return fetch(`${baseUrl}/customers/me`, { headers: { authorization, 'user-agent': 'careless/1.0' } })
      }
    expect(await failureSaying(said, { provider: plainProvider, call, paths })).toMatch(said)
  })

  it('P11 tells the moves that led to a failure, what was expected and what was seen, and no secret', async () => {
    const sent: string[] = []
    const provider: CreateProvider = (door) => ({
      ...plainProvider(door),
      judge: ({ kind }) => (kind === 'server' ? { kind: 'revoked', reason: 'grant-revoked' } : undefined),
      async requestToken(credentials, options) {
        sent.push(credentials.refreshToken?.reveal() ?? '', credentials.clientSecret?.reveal() ?? '')
        return plainProvider(door).requestToken(credentials, options)
      },
    })
    const message = (await failureSaying(/./, { provider, paths: [['ASK', 'SERVER_ERROR', 'RETRY_DUE']] })) ?? ''
    expect(message.split('\n')).toEqual([
      'The session left the path of the model:',
      '  1. ASK (the person asks for a token) → refreshing, request',
      '  2. SERVER_ERROR (the server answers 503) → backoff',
      'What is wrong after the last step:',
      '  - the session is seen as: expected backoff, seen revoked (grant-revoked)',
    ])
    expect(sent.length).toBeGreaterThan(0)
    for (const text of sent) expect(message).not.toContain(text)
  })
})
