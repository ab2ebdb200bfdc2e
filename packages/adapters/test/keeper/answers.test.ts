import { createSession, createSessionPool, isTokenRequestFailed, memoryStore, secret } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { json } from '../support/scripted-fetch.ts'
import { visibleText } from '../support/visible-text.ts'
import { clientOf, failedWith, KEY, problem, TOKEN, URL, type Reply } from './scripted-client.ts'

describe('a request to a keeper', () => {
  it('has its key in a header and nowhere else', async () => {
    const { ask, sent } = clientOf(() => json(TOKEN), { account: 'anna' })
    await ask()
    const [request] = sent
    expect(request?.url).toBe(`${URL}/api/v1/token?account=anna&max_wait=12`)
    expect(request?.method).toBe('GET')
    expect(request?.headers.get('authorization')).toBe(`Bearer ${KEY}`)
    expect(request?.headers.get('user-agent')).toMatch(/^evergrant\//)
    expect(request?.redirect).toBe('manual')
  })

  it('is for the account and with the key that a session is given', async () => {
    const { provider, sent } = clientOf(() => json(TOKEN), { apiKey: undefined })
    expect(provider.credentials).toBeUndefined()
    await using session = createSession({ provider, credentials: { clientId: 'bert', clientSecret: 'egk_of_bert' } })
    await session.getToken()
    expect(sent[0]?.url).toBe(`${URL}/api/v1/token?account=bert&max_wait=12`)
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer egk_of_bert')
  })

  it('is not sent without a key, or for a name that is none', async () => {
    const { provider, sent } = clientOf(() => json(TOKEN), { apiKey: undefined })
    for (const credentials of [
      {},
      { clientSecret: secret('two words') },
      { clientSecret: secret(KEY), clientId: '../..' },
    ]) {
      const error = await failureOf(provider.requestToken(credentials, { signal: new AbortController().signal }))
      const failure = isTokenRequestFailed(error) ? error.details.failure : expect.unreachable()
      expect(provider.judge?.(failure)).toEqual({ kind: 'misconfigured' })
    }
    expect(sent).toEqual([])
  })

  it('asks for a longer life only while that can be had', async () => {
    const clock = new VirtualClock()
    const { ask, sent } = clientOf(() => json(TOKEN), { clock })
    await ask()
    await ask()
    clock.sleep(400_000)
    await ask()
    clock.sleep(700_000)
    await ask()
    expect(sent.map(({ url }) => url.slice(`${URL}/api/v1/token?`.length))).toEqual([
      'max_wait=12',
      'max_wait=12',
      'min_ttl=201&max_wait=12',
      'max_wait=12',
    ])
  })
})

describe('what a store keeps of it', () => {
  it('tells accounts and keys apart, and has no key in it', async () => {
    const store = memoryStore()
    const given = [
      { account: 'anna' },
      { account: 'anna' },
      { account: 'bert' },
      { account: 'bert', apiKey: `${KEY}-another` },
    ]
    const asked: number[] = []
    for (const options of given) {
      const { provider, sent } = clientOf(() => json(TOKEN), options)
      await using session = createSession({ provider, store })
      await session.getToken()
      asked.push(sent.length)
    }
    expect(asked).toEqual([1, 0, 1, 1])
    const entries = await Promise.all(((await store.keys?.('')) ?? []).map((key) => store.read(key)))
    expect(entries.length).toBeGreaterThan(0)
    expect(JSON.stringify(entries)).not.toContain('invented-and-secret')
  })

  it('has the accounts of a pool, whose keys come with their names', async () => {
    const { provider, sent } = clientOf(() => json(TOKEN), { apiKey: undefined })
    const credentials = (account: string) => ({ clientId: account, clientSecret: KEY })
    await using pool = createSessionPool({ provider, credentials })
    await Promise.all(['anna', 'bert'].map((account) => pool.session(account).getToken()))
    expect(new Set(sent.map(({ url }) => url.split('?')[1]))).toEqual(
      new Set(['account=anna&max_wait=12', 'account=bert&max_wait=12']),
    )
  })
})

describe('what the keeper answers', () => {
  const judged = async (reply: Reply) => {
    const failure = await failedWith(reply)
    return clientOf(reply).provider.judge?.(failure)
  }

  it.for([
    ['a key that is not known', () => problem('key-unknown', 401), { kind: 'revoked', reason: 'client-rejected' }],
    ['a key that was revoked', () => problem('key-revoked', 401), { kind: 'revoked', reason: 'client-rejected' }],
    ['a key for others', () => problem('account-not-allowed', 403), { kind: 'misconfigured' }],
    ['a revoked grant', () => problem('grant-revoked', 409), { kind: 'misconfigured' }],
    ['a client that the server rejects', () => problem('client-rejected', 409), { kind: 'misconfigured' }],
    ['no such account', () => problem('account-unknown', 404), { kind: 'misconfigured' }],
    ['a page of something else', () => new Response('<html>', { status: 401 }), { kind: 'misconfigured' }],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://x.test/' } }), undefined],
    ['trouble', () => problem('token-unavailable', 503), undefined],
  ] as const)('may be %s', async ([, reply, verdict]) => {
    expect(await judged(reply)).toEqual(verdict)
  })

  it('may say how long to wait, and until when', async () => {
    const until = '2026-03-02T23:00:00.000Z'
    const failure = await failedWith(() => problem('ip-block-suspected', 503, { until }, { 'retry-after': '900' }))
    expect(failure).toMatchObject({ kind: 'server', oauthCode: 'ip-block-suspected', retryAfter: 900_000 })
    expect(failure.description).toBe(`As invented (until ${until})`)
    expect(await failedWith(() => problem('rate-limited', 429, {}, { 'retry-after': '3' }))).toMatchObject({
      kind: 'rate-limited',
      retryAfter: 3_000,
    })
  })

  it.for([
    ['is no JSON', () => new Response('hello')],
    ['has no token', () => json({ ...TOKEN, access_token: '' })],
    ['has a token that no header carries', () => json({ ...TOKEN, access_token: 'a\r\nb' })],
    ['sends the token over plain text', () => json({ ...TOKEN, api_base_url: 'http://api.test' })],
    ['has a life of less than nothing', () => json({ ...TOKEN, expires_in: -1 })],
  ] as const)('is of no use if it %s', async ([, reply]) => {
    expect(await failedWith(reply)).toMatchObject({ kind: 'malformed', status: 200 })
  })

  it('never repeats the key, however the answer does', async () => {
    const echo = () => problem('token-unavailable', 503, { detail: `for ${KEY}`, help: `use ${KEY}` })
    const error = await failureOf(clientOf(echo).ask())
    expect(error).toMatchObject({ code: 'token-request-failed' })
    expect(visibleText(error)).not.toContain('invented-and-secret')
    const thrown = await failureOf(
      clientOf(() => {
        throw new TypeError(`cannot send ${KEY}`)
      }).ask(),
    )
    expect(visibleText(thrown)).not.toContain('invented-and-secret')
  })
})
