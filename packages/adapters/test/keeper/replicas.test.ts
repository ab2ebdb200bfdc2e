import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { keeperProvider } from '../../src/keeper.ts'
import { failureOf } from '../support/failure-of.ts'
import { json } from '../support/scripted-fetch.ts'
import { visibleText } from '../support/visible-text.ts'
import { clientOf, failedWith, KEY, problem, TOKEN, URL, type Reply } from './scripted-client.ts'

describe('replicas', () => {
  const urls = ['https://one.test', 'https://two.test', 'https://three.test']
  const hostsOf = (sent: readonly Request[]) => sent.map(({ url }) => url.slice('https://'.length).split('.')[0])

  it('are asked in turn while each has trouble of its own, and the one that answers first from then on', async () => {
    const { ask, sent } = clientOf(
      ({ url }) => {
        if (url.includes('one')) throw new TypeError('fetch failed')
        return url.includes('two') ? problem('draining', 503) : json(TOKEN)
      },
      { urls },
    )
    await ask()
    await ask()
    expect(hostsOf(sent)).toEqual(['one', 'two', 'three', 'three'])
  })

  it('are left when they are silent', async () => {
    const clock = new VirtualClock()
    const { ask, sent } = clientOf(({ url }) => (url.includes('one') ? new Promise(() => undefined) : json(TOKEN)), {
      urls,
      clock,
      replicaTimeout: 700,
    })
    const asked = ask()
    await clock.advance(699)
    expect(hostsOf(sent)).toEqual(['one'])
    await clock.advance(1)
    await asked
    expect(hostsOf(sent)).toEqual(['one', 'two'])
  })

  it.for(['grant-revoked', 'token-unavailable', 'ip-block-suspected'])(
    'are not asked for another opinion on %s',
    async (code) => {
      const { ask, sent } = clientOf(() => problem(code, code === 'grant-revoked' ? 409 : 503), { urls })
      await failureOf(ask())
      expect(sent).toHaveLength(1)
    },
  )

  it('fail as the last of them does', async () => {
    const reply: Reply = ({ url }) =>
      url.includes('three') ? problem('store-unavailable', 503) : new Response(null, { status: 502 })
    expect(await failedWith(reply, { urls })).toMatchObject({ kind: 'server', oauthCode: 'store-unavailable' })
  })

  it('are left with the caller', async () => {
    const leaving = new AbortController()
    const { provider, sent } = clientOf(() => new Promise(() => undefined), { urls })
    const asked = failureOf(provider.requestToken({}, { signal: leaving.signal }))
    leaving.abort(new Error('left'))
    expect(await asked).toMatchObject({ message: 'left' })
    expect(sent).toHaveLength(1)
  })
})

describe('options', () => {
  it.for([
    ['url', {}],
    ['url', { url: 'http://keeper.test' }],
    ['url', { url: 'https://keeper.test/?key=x' }],
    ['urls', { url: URL, urls: [URL] }],
    ['apiKey', { url: URL, apiKey: `${KEY}\n` }],
    ['account', { url: URL, account: '../etc' }],
    ['replicaTimeout', { url: URL, replicaTimeout: 0 }],
    ['apiBaseUrl', { url: URL, apiBaseUrl: 'http://api.test' }],
    ['key', { url: URL, key: KEY }],
  ] as const)('name %s where it cannot be used', ([option, options]) => {
    const error = (() => {
      try {
        return keeperProvider(options)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ code: 'invalid-options', details: { option } })
    expect(visibleText(error)).not.toContain(KEY)
  })
})
