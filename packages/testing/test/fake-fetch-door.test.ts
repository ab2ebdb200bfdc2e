import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '@evergrant/core'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import ky from 'ky'
import { describe, expect, it } from 'vitest'
import { failureOf } from './doors.ts'

const HEADERS = { 'user-agent': 'test/1.0' }

describe('the fake as a fetch', () => {
  it('takes any host, as a text, a URL or a Request', async () => {
    const { fetch } = fakeTastytrade()
    const url = 'https://api.cert.example.invalid/customers/me?a=b'
    for (const input of [url, new URL(url), new Request(url)]) {
      const response = await fetch(input, { headers: HEADERS })
      expect([response.status, response.url, response.redirected]).toEqual([401, url, false])
    }
  })

  it('reads method, headers and body out of a Request', async () => {
    const fake = fakeTastytrade()
    const { clientSecret, refreshToken } = fake.credentials
    const request = new Request('https://api.invalid/oauth/token', {
      method: 'POST',
      headers: HEADERS,
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      }),
    })
    expect((await fake.fetch(request)).status).toBe(200)
  })

  it('runs on the time of the platform if it gets no clock', async () => {
    const fake = fakeTastytrade()
    fake.fail('slow', { delay: 1, on: 'api' })
    const before = Date.now()
    const response = await fake.fetch('https://api.invalid/', { headers: HEADERS })
    const at = fake.requests[0]?.at ?? 0
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
    expect(response.headers.get('date')).toBe(new Date(at).toUTCString())
  })

  it('waits on the alarms of its clock, holding the process; without alarms, on those of the platform', async () => {
    const armed: unknown[] = []
    const alarm: Clock['alarm'] = (at, run, options) => {
      armed.push([at, options?.hold])
      queueMicrotask(run)
      return { [Symbol.dispose]: () => void armed.push('disposed') }
    }
    const own = fakeTastytrade({ clock: { now: () => 0, monotonic: () => 40, alarm } })
    own.fail('slow', { on: 'api', delay: 2 })
    expect((await own.fetch('https://api.invalid/', { headers: HEADERS })).status).toBe(404)
    expect(armed).toEqual([[42, true], 'disposed'])

    const still = fakeTastytrade({ clock: { now: () => 86_400_000 } })
    still.fail('slow', { on: 'api', delay: 1 })
    const { headers } = await still.fetch('https://api.invalid/', { headers: HEADERS })
    expect(headers.get('date')).toBe('Fri, 02 Jan 1970 00:00:00 GMT')
  })

  it('rejects with a fault of its own parts', async () => {
    let broken = false
    const random = () => {
      if (broken) throw new Error('no more numbers')
      return 0.5
    }
    const fake = fakeTastytrade({ random })
    const headers = { ...HEADERS, authorization: `Bearer ${fake.mintAccessToken()}` }
    broken = true
    const failure = await failureOf(fake.fetch('https://api.invalid/api-quote-tokens', { headers }))
    expect(failure.message).toBe('no more numbers')
    expect(fake.openRequests).toBe(0)
  })

  it('P15 lives on true time when it gets a virtual clock whose wall clock is wrong', async () => {
    const clock = new VirtualClock({ skew: -86_400_000 })
    const fake = fakeTastytrade({ clock })
    const { headers } = await fake.fetch('https://api.invalid/', { headers: HEADERS })
    expect(headers.get('date')).toBe(new Date(clock.time).toUTCString())
  })

  it('arms no alarm on the clock of the machine under test', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    fake.fail('slow', { on: 'api' })
    const answer = fake.fetch('https://api.invalid/', { headers: HEADERS })
    await clock.settle()
    expect([clock.pending, clock.nextAt]).toEqual([0, 5_000])
    await clock.advanceToNext()
    expect((await answer).status).toBe(404)
  })

  it('rejects with the reason of the signal, and is not even asked if that has aborted before', async () => {
    const fake = fakeTastytrade()
    const reason = new Error('not today')
    const error = await failureOf(
      fake.fetch('https://api.invalid/', { headers: HEADERS, signal: AbortSignal.abort(reason) }),
    )
    expect(error).toBe(reason)
    expect(fake.count()).toBe(0)
    const carried = new Request('https://api.invalid/', { headers: HEADERS, signal: AbortSignal.abort(reason) })
    expect(await failureOf(fake.fetch(carried))).toBe(reason)
    expect(fake.count()).toBe(0)
  })

  it('heeds a signal that aborts while the request is still being sent', async () => {
    const fake = fakeTastytrade()
    fake.fail('never-answers')
    const leave = new AbortController()
    const init = { method: 'POST', headers: HEADERS, body: 'grant_type=refresh_token', signal: leave.signal }
    const failure = failureOf(fake.fetch('https://api.invalid/oauth/token', init))
    leave.abort(new Error('changed my mind'))
    expect((await failure).message).toBe('changed my mind')
    expect(fake.count()).toBe(0)
  })

  it('heeds the signal of a Request, and that of init before it', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    fake.fail('never-answers', { on: 'api', times: 2 })
    const [own, given] = [new AbortController(), new AbortController()]
    const request = () => new Request('https://api.invalid/', { headers: HEADERS, signal: own.signal })
    const first = failureOf(fake.fetch(request()))
    const second = failureOf(fake.fetch(request(), { signal: given.signal }))
    await clock.settle()
    own.abort(new Error('own'))
    await clock.settle()
    expect(fake.openRequests).toBe(1)
    given.abort(new Error('given'))
    expect([(await first).message, (await second).message]).toEqual(['own', 'given'])
    expect(fake.openRequests).toBe(0)
  })

  it('leaves no listener on a signal that lives longer than the request', async () => {
    const fake = fakeTastytrade()
    const { signal } = new AbortController()
    const live = new Set<unknown>()
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      live.add(listener)
      add(type, listener, options)
    }
    signal.removeEventListener = (type: string, listener: EventListener) => {
      live.delete(listener)
      remove(type, listener)
    }
    for (let request = 0; request < 5; request += 1) {
      await fake.fetch('https://api.invalid/', { headers: HEADERS, signal })
    }
    expect(live.size).toBe(0)
  })

  it('takes a redirect to another host without the Authorization header', async () => {
    const fake = fakeTastytrade()
    fake.fail('redirect', { on: 'api', location: 'https://other.invalid/customers/me' })
    const headers = { ...HEADERS, authorization: `Bearer ${fake.mintAccessToken()}` }
    const response = await fake.fetch('https://api.invalid/customers/me', { headers })
    expect([response.status, response.url]).toEqual([401, 'https://other.invalid/customers/me'])
    expect(fake.requests.map(({ credential }) => credential)).toEqual([true, false])
  })

  it('does not go round in circles', async () => {
    const fake = fakeTastytrade()
    fake.fail('redirect', { on: 'api', location: '/', times: Infinity })
    expect((await failureOf(fake.fetch('https://api.invalid/', { headers: HEADERS }))).message).toBe('fetch failed')
    expect(fake.count({ outcome: 'redirected' })).toBe(21)
  })

  it('serves ky, from the request to the read body, without time moving', async () => {
    const clock = new VirtualClock()
    const fake = fakeTastytrade({ clock })
    const api = ky.create({
      fetch: fake.fetch,
      headers: HEADERS,
      timeout: false,
      retry: 0,
      prefix: 'https://api.invalid',
    })
    const { clientSecret: client_secret, refreshToken: refresh_token } = fake.credentials
    let granted: unknown
    void api
      .post('oauth/token', { json: { grant_type: 'refresh_token', client_secret, refresh_token } })
      .json()
      .then((json) => (granted = json))
    await clock.settle()
    expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
  })

  it('refuses redirect addresses that are none', () => {
    expect(() => fakeTastytrade({ redirectUris: ['localhost'] })).toThrow(/redirectUris/)
  })
})

describe('a request that is never answered', () => {
  it('stays open until its signal aborts, though nobody holds the request itself', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const fake = fakeTastytrade()
    fake.fail('never-answers', { on: 'all', times: Infinity })
    const left: string[] = []
    const controllers = Array.from({ length: 20 }, () => new AbortController())
    // As ky does it: a Request that follows the signal, passed on and forgotten.
    for (const { signal } of controllers) {
      void fake
        .fetch(new Request('https://fake.test/customers/me', { headers: HEADERS, signal }))
        .catch(() => left.push('left'))
    }
    for (let turn = 0; turn < 10; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      collect()
    }
    expect(fake.openRequests).toBe(20)
    for (const controller of controllers) controller.abort()
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(left).toHaveLength(20)
    expect(fake.openRequests).toBe(0)
  })
})
