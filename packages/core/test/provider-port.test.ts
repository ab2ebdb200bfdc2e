import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import {
  createSession,
  createSessionPool,
  fingerprint,
  memoryStore,
  sealCredentials,
  type Credentials,
  type Provider,
  type TokenRequestOptions,
} from '../src/index.ts'

function counting(own?: Credentials) {
  const asked: { readonly credentials: Credentials; readonly refused: string | undefined }[] = []
  const provider: Provider = {
    issuer: 'https://server.test',
    ...(own === undefined ? {} : { credentials: { name: 'own', read: async () => own } }),
    async requestToken(credentials: Credentials, { refused }: TokenRequestOptions) {
      asked.push({ credentials, refused })
      return { accessToken: `invented-${asked.length}`, expiresIn: 900 }
    },
  }
  return { provider, asked, secrets: () => asked.map(({ credentials }) => credentials.clientSecret?.reveal()) }
}

describe('the credentials of a provider', () => {
  const own = sealCredentials({ clientSecret: 'test-own-secret' })

  it('are sent where a session is given none', async () => {
    const { provider, secrets } = counting(own)
    await using session = createSession({ provider })
    await session.getToken()
    expect(secrets()).toEqual(['test-own-secret'])
  })

  it('are not sent where it is given some', async () => {
    const { provider, secrets } = counting(own)
    await using session = createSession({ provider, credentials: { clientSecret: 'test-given-secret' } })
    await session.getToken()
    expect(secrets()).toEqual(['test-given-secret'])
  })

  it('are those of each session of a pool that is given none', async () => {
    const { provider, secrets } = counting(own)
    const credentials = (account: string) => (account === 'anna' ? { clientSecret: 'test-of-anna' } : undefined)
    await using pool = createSessionPool({ provider, credentials })
    await pool.session('anna').getToken()
    await pool.session('bert').getToken()
    expect(secrets()).toEqual(['test-of-anna', 'test-own-secret'])
  })
})

describe('the mark of a refused token', () => {
  it('is told with the next request, and not before', async () => {
    const clock = new VirtualClock()
    const { provider, asked } = counting()
    const parts = { provider, clock, store: memoryStore(), credentials: { clientSecret: 'test-secret' } }
    await using session = createSession(parts)
    session.reportRejected(await session.getToken())
    await clock.advanceUntil(() => session.peekToken() !== null)
    expect(asked.map(({ refused }) => refused)).toEqual([undefined, fingerprint('invented-1')])
  })
})
