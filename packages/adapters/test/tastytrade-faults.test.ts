import { isTokenRequestFailed, sealCredentials, type TokenRequestFailure } from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { tastytrade } from '../src/tastytrade.ts'

async function failureOver(door: 'fetch' | 'loopback', script: (fake: FakeTastytrade) => unknown) {
  const fake = fakeTastytrade()
  await using listener = await fake.listen()
  script(fake)
  const provider = tastytrade(door === 'fetch' ? { fetch: fake.fetch } : { baseUrl: listener.url })
  const { signal } = new AbortController()
  const error: unknown = await provider
    .requestToken(sealCredentials(fake.credentials), { signal })
    .catch((thrown: unknown) => thrown)
  if (!isTokenRequestFailed(error)) throw new Error(`No token-request-failed: ${String(error)}`)
  expect(fake.requests).toHaveLength(1)
  return error.details.failure
}

const cases: Readonly<Record<string, readonly [(fake: FakeTastytrade) => unknown, Partial<TokenRequestFailure>]>> = {
  'a revoked grant': [
    (fake) => fake.revokeGrant(),
    { kind: 'rejected', status: 400, oauthCode: 'invalid_grant', description: 'Grant revoked' },
  ],
  'a token that is none': [(fake) => fake.fail('invalid-jwt'), { kind: 'rejected', description: 'Invalid JWT' }],
  'a wrong secret': [
    (fake) => fake.regenerateClientSecret({ keepGrants: true }),
    { kind: 'rejected', status: 400, description: 'Client secret mismatch' },
  ],
  'the mood of the sandbox': [
    (fake) => fake.fail('transient-invalid-request'),
    { kind: 'rejected', oauthCode: 'invalid_request' },
  ],
  'the keys of RFC 6749': [(fake) => fake.fail('rfc-error'), { kind: 'rejected', oauthCode: 'invalid_grant' }],
  'the same on a 200': [
    (fake) => fake.fail('rfc-error', { status: 200 }),
    { kind: 'rejected', status: 200, oauthCode: 'invalid_grant' },
  ],
  'an object for an error': [(fake) => fake.fail('object-error'), { kind: 'rejected', oauthCode: 'invalid_grant' }],
  'an echo of what was sent': [(fake) => fake.fail('echo-secrets'), { kind: 'rejected', oauthCode: 'invalid_request' }],
  'a page of the edge': [(fake) => fake.fail('edge-html'), { kind: 'edge', status: 401 }],
  'a 403 of the edge': [(fake) => fake.fail('edge-forbidden-html'), { kind: 'edge', status: 403 }],
  'an empty 401': [(fake) => fake.fail('edge-empty'), { kind: 'edge', status: 401 }],
  'a bare 429': [(fake) => fake.fail('too-many-requests'), { kind: 'rate-limited', status: 429 }],
  'a 429 with a wait': [
    (fake) => fake.fail('too-many-requests', { retryAfter: 7 }),
    { kind: 'rate-limited', retryAfter: 7000 },
  ],
  'a 429 with a date': [
    (fake) => fake.fail('too-many-requests', { retryAfter: 7, as: 'http-date' }),
    { kind: 'rate-limited', retryAfter: expect.closeTo(7000, -4) as number },
  ],
  'a 503 with a code': [
    (fake) => fake.fail('server-error', { status: 503, code: 'invalid_grant', retryAfter: 3 }),
    { kind: 'server', status: 503, oauthCode: 'invalid_grant', retryAfter: 3000 },
  ],
  'a redirect': [(fake) => fake.fail('redirect'), { kind: 'redirect', status: 307 }],
  'a broken connection': [(fake) => fake.fail('connection-reset'), { kind: 'network' }],
  'a lost answer': [(fake) => fake.fail('lost-answer'), { kind: 'network' }],
  'an answer that breaks off': [(fake) => fake.fail('truncated'), { kind: 'malformed', status: 200 }],
  'half the JSON': [(fake) => fake.fail('truncated', { at: 'json' }), { kind: 'malformed', status: 200 }],
  'far too much': [(fake) => fake.fail('oversized'), { kind: 'malformed', status: 200 }],
  'no JSON': [(fake) => fake.fail('garbage'), { kind: 'malformed', status: 200 }],
  'no token': [(fake) => fake.fail('wrong-shape'), { kind: 'malformed', status: 200 }],
}

describe.each(['fetch', 'loopback'] as const)('the provider meets the fake server over %s', (door) => {
  it.for(Object.entries(cases))('%s', async ([, [script, expected]]) => {
    expect(await failureOver(door, script)).toMatchObject(expected)
  })
})

describe('the provider and odd grants', () => {
  async function granted(script: (fake: FakeTastytrade) => unknown) {
    const fake = fakeTastytrade()
    script(fake)
    const { signal } = new AbortController()
    return tastytrade({ fetch: fake.fetch }).requestToken(sealCredentials(fake.credentials), { signal })
  }

  it('says nothing of a lifetime that makes no sense', async () => {
    expect(await granted((fake) => fake.fail('missing-expires-in'))).not.toHaveProperty('expiresIn')
    expect(await granted((fake) => fake.fail('odd-expires-in'))).not.toHaveProperty('expiresIn')
    expect(await granted((fake) => fake.fail('zero-expires-in'))).toHaveProperty('expiresIn', 0)
  })

  it('keeps the old refresh token where the new one is empty', async () => {
    expect(await granted((fake) => fake.fail('empty-refresh-token'))).not.toHaveProperty('refreshToken')
  })

  it('trusts no date out of a cache', async () => {
    expect(await granted((fake) => fake.fail('cached-date'))).not.toHaveProperty('date')
    expect(await granted(() => undefined)).toHaveProperty('date')
  })

  it('P4 probes a blocked server without a word of its own', async () => {
    const fake = fakeTastytrade()
    const provider = tastytrade({ fetch: fake.fetch })
    await provider.probe({ signal: new AbortController().signal })
    fake.block()
    const controller = new AbortController()
    const dropped = new Promise((resolve) => fake.onRequest(resolve))
    const probing = provider.probe({ signal: controller.signal })
    await dropped
    controller.abort(new Error('no answer'))
    await expect(probing).rejects.toThrow('no answer')
    expect(fake.count({ credential: true })).toBe(0)
    expect(fake.requests).toHaveLength(2)
  })
})
