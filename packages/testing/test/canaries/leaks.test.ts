import { memoryStore, type Credentials, type Provider, type TokenSession, type TokenStore } from '@evergrant/core'
import { CanaryFoundError, describeCanaries, type CanaryParts, type CanarySubject } from '@evergrant/testing'
import { describe, expect, it, vi } from 'vitest'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** The cases that a subject is led through, by name. */
function casesOf(subject: CanarySubject): ReadonlyMap<string, () => Promise<void>> {
  const cases = new Map<string, () => Promise<void>>()
  describeCanaries('a part that leaks', subject, {
    describe: (_, body) => body(),
    it: (name, body) => void cases.set(name, body),
  })
  return cases
}

async function found(subject: CanarySubject, path: string): Promise<string> {
  const run = casesOf(subject).get(`P11 in ${path}`)
  if (run === undefined) throw new Error(`There is no case for ${path}`)
  const error: unknown = await run().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof CanaryFoundError)) throw new Error(`Nothing was found in ${path}`, { cause: error })
  return error.findings.map(({ canary, form, place }) => `${canary} (${form}) in ${place}`).join('\n')
}

/** A provider that does its work, and something with what it sent and got. */
function leaking(leak: (sent: string, status: number, answer: string) => unknown, query = false) {
  return ({ fetch, baseUrl }: CanaryParts): Provider => ({
    issuer: baseUrl,
    apiBaseUrl: baseUrl,
    async requestToken(credentials, { signal }) {
      const body = formOf(credentials)
      const url = `${baseUrl}/oauth/token${query ? `?${body}` : ''}`
      const response = await fetch(url, { method: 'POST', headers: { 'user-agent': 'leaking/1.0' }, body, signal })
      const answer = await response.text()
      leak(body.toString(), response.status, answer)
      const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(answer) as Record<string, string>
      if (accessToken === undefined) throw new Error('refused')
      return { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }), expiresIn: 900 }
    },
  })
}

function formOf({ clientSecret, refreshToken }: Credentials): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    client_secret: clientSecret?.reveal() ?? '',
    refresh_token: refreshToken?.reveal() ?? '',
  })
}

function client(call: (session: TokenSession, parts: CanaryParts, url: string, init: RequestInit) => Promise<unknown>) {
  return {
    clients: {
      mine: (session: TokenSession, parts: CanaryParts) => (url: string, init: RequestInit) =>
        call(session, parts, url, init),
    },
  }
}

const authorized = (token: { readonly authorization: string }) => ({
  'user-agent': 'leaking/1.0',
  authorization: token.authorization,
})

function leakingStore(leak: (key: string, value: unknown) => unknown): TokenStore {
  const store = memoryStore()
  return {
    ...store,
    async write(key, value, options) {
      leak(key, value)
      return store.write(key, value, options)
    },
  }
}

describe('the walk of describeCanaries', () => {
  it('has a case for every fault, every echo and every trouble, those of the subject too', () => {
    const names = [...casesOf({ troubles: { 'no disk': () => () => undefined } }).keys()]
    for (const part of [
      'the fault echo-secrets',
      'the fault stalls',
      'Basic authentication',
      'a lease that is lost',
      'no disk',
    ]) {
      expect(names.some((name) => name.includes(part))).toBe(true)
    }
    expect(names.length).toBeGreaterThan(50)
  })

  it('is content with parts that keep quiet', async () => {
    const cases = casesOf({})
    for (const path of ['the fault echo-secrets', 'a server that repeats a secret as it is']) {
      await expect(cases.get(`P11 in ${path}`)?.()).resolves.toBeUndefined()
    }
  })

  it('fails if the session never gets a token, since that shows little', async () => {
    const provider = () => ({ issuer: 'a', requestToken: () => Promise.reject(new Error('no')) })
    await expect(casesOf({ provider }).get('P11 in the fault garbage')?.()).rejects.toThrow('No token came back')
  })
})

describe('a leak that the walk catches', () => {
  it('of a provider that quotes an answer in its error', async () => {
    const provider = leaking((_, status, answer) => {
      if (status !== 200) throw new Error(answer)
    })
    expect(await found({ provider }, 'the fault echo-secrets')).toMatch(/refresh token|client secret/)
  })

  it('of a provider that quotes half of it, in base64, in a property under a symbol', async () => {
    const provider = leaking((sent, status) => {
      if (status !== 200) throw Object.assign(new Error('failed'), { [Symbol('sent')]: btoa(sent.slice(0, 120)) })
    })
    expect(await found({ provider }, 'the fault server-error')).toContain('base64')
  })

  it('of a provider that puts secrets into a URL', async () => {
    expect(await found({ provider: leaking(() => undefined, true) }, 'the fault slow')).toContain('the requests')
  })

  it('of a provider that writes to the console', async () => {
    const provider = leaking((_, __, answer) => console.debug('answered', answer))
    expect(await found({ provider }, 'the fault slow')).toContain('a line of the console')
  })

  it('of a provider that keeps the answers on itself', async () => {
    const kept: string[] = []
    const provide = leaking((_, __, answer) => kept.push(answer))
    const provider = (parts: CanaryParts) => Object.assign(provide(parts), { kept })
    expect(await found({ provider }, 'the fault slow')).toContain('the session')
  })

  it('of an HTTP adapter whose error carries the request', async () => {
    const adapter = client(async (session, { fetch }, url, init) => {
      const request = new Request(url, { ...init, headers: authorized(await session.getToken()) })
      const response = await fetch(request.clone())
      if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { request })
      return response
    })
    expect(await found(adapter, 'the fault api-forbidden')).toMatch(/mine .*request.*headers/)
  })

  it('of an HTTP adapter that sends the token anywhere', async () => {
    const adapter = client(async (session, { fetch }, url, init) => {
      const { value } = await session.getToken()
      return fetch(`${url}?token=${encodeURIComponent(value)}`, { ...init, headers: { 'user-agent': 'leaking/1.0' } })
    })
    expect(await found(adapter, 'the fault slow')).toContain('the requests')
  })

  it('of a store that logs what it writes', async () => {
    const createPlace = () => ({ open: () => leakingStore((key, value) => console.log('write', key, value)) })
    expect(await found({ createPlace }, 'the fault slow')).toContain('a line of the console')
  })

  it('of a store that names its files after what is in them', async () => {
    const files = new Set<string>()
    const createPlace = () => ({
      open: () => leakingStore((key, value) => files.add(`${key}-${encodeURIComponent(JSON.stringify(value))}.json`)),
      visible: () => [...files],
    })
    expect(await found({ createPlace }, 'the fault slow')).toContain('what can be seen of the store')
  })

  it('of a store whose own failure tells what it holds', async () => {
    const lines: string[] = []
    const createPlace = () => {
      const store = leakingStore((_, value) => lines.push(JSON.stringify(value)))
      return { open: () => store, shown: [] as string[], visible: () => shown }
    }
    let shown: string[] = []
    const troubles = {
      'a dump of all it holds': () => {
        shown = [...lines]
        return () => undefined
      },
    }
    expect(await found({ createPlace, troubles }, 'a store with a dump of all it holds')).toContain('the store')
  })
})
