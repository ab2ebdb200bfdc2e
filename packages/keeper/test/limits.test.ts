import { memoryStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createRateLimit } from '../src/http/rate-limit.ts'
import { countReads } from './support/count-reads.ts'
import { jsonBody, ORIGIN, openRig } from './support/rig.ts'
import { withoutWatch } from './support/without-watch.ts'

describe('a flood', () => {
  it('of one key is held back, says when to come again, and holds up nobody else', async () => {
    await using rig = await openRig({ keeper: { limits: { requestsPerMinute: 60 } } })
    await rig.post('anna')
    const [key, other] = [await rig.key(['token']), await rig.key(['token'])]
    const ask = async (asker: string) => (await rig.ask(asker, '/api/v1/token?account=anna')).status
    for (let request = 0; request < 60; request += 1) expect(await ask(key)).toBe(200)
    const held = await rig.ask(key, '/api/v1/token?account=anna')
    expect(held.status).toBe(429)
    expect(held.headers.get('retry-after')).toBe('1')
    expect(await held.json()).toMatchObject({ code: 'rate-limited', retry_at: '2026-03-02T14:30:01.000Z' })
    expect(await ask(other)).toBe(200)
    await rig.clock.advance(1_000)
    expect(await ask(key)).toBe(200)
    expect(await ask(key)).toBe(429)
    await rig.clock.advance(60_000)
    for (let request = 0; request < 60; request += 1) expect(await ask(key)).toBe(200)
    expect(await ask(key)).toBe(429)
  })

  it('of strangers is held back by address, and costs the store nothing', async () => {
    const { store, reads } = countReads(withoutWatch(memoryStore()))
    await using rig = await openRig({ keeper: { store, limits: { unauthenticatedPerMinute: 10 } } })
    await rig.post('anna')
    const known = await rig.key(['token'])
    expect((await rig.ask(known, '/api/v1/token?account=anna')).status).toBe(200)
    const before = reads()
    const statuses: number[] = []
    for (let request = 0; request < 30; request += 1) {
      const text = `egk_${String(request).padStart(12, '0')}_${'A'.repeat(43)}`
      statuses.push((await rig.ask(text, '/api/v1/token?account=anna')).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), ...Array.from({ length: 20 }, () => 429)])
    expect(reads() - before).toBe(10)
    // One that is known already is asked nothing.
    expect((await rig.ask(known, '/api/v1/token?account=anna')).status).toBe(200)
    expect((await rig.ask(null, '/healthz')).status).toBe(200)
  })

  it('behind a proxy is told apart by what that proxy has added, and not by what the caller wrote', async () => {
    await using rig = await openRig({ keeper: { limits: { unauthenticatedPerMinute: 2 } } })
    const ask = async (forwarded: string, behindProxy: boolean) => {
      const headers = { 'x-forwarded-for': forwarded }
      const request = new Request(`${ORIGIN}/api/v1/token`, { headers })
      const incoming = { url: '/api/v1/token', socket: { remoteAddress: '127.0.0.1' } }
      return (await rig.keeper.fetch(request, { incoming, behindProxy })).status
    }
    const statuses: number[] = []
    for (const forged of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      statuses.push(await ask(`${forged}, 198.51.100.7`, true))
    }
    expect(statuses).toEqual([401, 401, 429])
    expect(await ask('198.51.100.7, 198.51.100.8', true)).toBe(401)
    for (const forged of ['192.0.2.1', '192.0.2.2']) expect(await ask(forged, false)).toBe(401)
    expect(await ask('192.0.2.3', false)).toBe(429)
    expect(rig.audit.at(-1)).toMatchObject({ address: '127.0.0.1', status: 429 })
  })

  it('from everywhere leaves the memory as it is', () => {
    const limit = createRateLimit(new VirtualClock(), 1)
    for (let caller = 0; caller < 30_000; caller += 1) expect(limit.take(`caller ${caller}`)).toBe(0)
    expect(limit.take('caller 29999')).toBe(60_000)
    expect(limit.take('caller 0')).toBe(0)
  })

  it.each([1, 7, 60, 600, 1_000])('of %i a minute is counted to the request', async (perMinute) => {
    const clock = new VirtualClock()
    const limit = createRateLimit(clock, perMinute)
    let taken = 0
    while (limit.take('x') === 0) taken += 1
    expect(taken).toBe(perMinute)
    expect(limit.wait('x')).toBeCloseTo(60_000 / perMinute, 3)
    await clock.advance(Math.ceil(60_000 / perMinute))
    expect(limit.take('x')).toBe(0)
    expect(limit.take('x')).toBeGreaterThan(0)
  })
})

describe('a body', () => {
  it('that is too large is refused before it is read to its end', async () => {
    await using rig = await openRig({ keeper: { limits: { body: 1_000 } } })
    const key = await rig.key(['admin'])
    const large = { account: 'anna', client_secret: 'x'.repeat(2_000), refresh_token: 'x' }
    expect((await rig.ask(key, '/api/v1/credentials', jsonBody(large))).status).toBe(413)

    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(new TextEncoder().encode('x'.repeat(100)))
      },
    })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit
    const answer = await rig.keeper.fetch(new Request(`${ORIGIN}/api/v1/credentials`, init))
    expect(answer.status).toBe(413)
    expect(pulled).toBeLessThan(20)
  })

  it('is not read of a stranger', async () => {
    await using rig = await openRig()
    const body = new ReadableStream(
      {
        pull() {
          throw new Error('The body was read')
        },
      },
      { highWaterMark: 0 },
    )
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit
    const answer = await rig.keeper.fetch(new Request(`${ORIGIN}/api/v1/credentials`, init))
    expect(answer.status).toBe(401)
  })
})

describe('options', () => {
  it('that cannot work are refused at once', async () => {
    await using rig = await openRig()
    expect(rig.clock.pending).toBeGreaterThanOrEqual(0)
    const bad = [
      { limits: { requestsPerMinute: 0 } },
      { limits: { nothing: 1 } },
      { renew: 'some' },
      { sealing: undefined },
      { resources: { accounts: 'https://elsewhere.test/', balances: '/x', positions: '/x' } },
      { nothing: true },
    ]
    for (const options of bad) {
      await expect(openRig({ keeper: options as never })).rejects.toMatchObject({ code: 'invalid-options' })
    }
  })
})
