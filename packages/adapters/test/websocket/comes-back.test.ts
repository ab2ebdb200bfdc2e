import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { streamerRig } from './streamer-rig.ts'

type Rig = Awaited<ReturnType<typeof streamerRig>>

/** Waits for the next wait between connections, and lets it pass; gives its length. */
async function wait(rig: Rig): Promise<number> {
  await rig.until('backoff')
  const ms = (rig.streamer.getSnapshot().retryAt ?? 0) - rig.clock.now()
  await rig.clock.advance(ms - 1)
  expect(rig.streamer.getSnapshot().state).toBe('backoff')
  await rig.clock.advance(1)
  return ms
}

/** A server that takes connections and says nothing. */
async function muteServer(): Promise<string> {
  const streams = new Set<{ destroy(): unknown }>()
  const server = createServer((stream) => void streams.add(stream.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const stream of streams) stream.destroy()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a connection that ends', () => {
  it.for(['close', 'cut'] as const)(
    'P12 by a %s is replaced, and everything asked for with the present token',
    async (how) => {
      const rig = await streamerRig()
      await rig.until('open')
      const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
      await rig.clock.settleUntil(() => rig.server.messages.length === 2)
      await asked
      const renewed = rig.session.refresh({ force: true })
      await rig.clock.advance(10_000)
      await renewed
      rig.server.drop(how)
      expect(await wait(rig)).toBe(1_000)
      await rig.until('open')
      expect(rig.server.told.slice(2)).toEqual(['connect Bearer token-2', 'user-message-subscribe Bearer token-2'])
      expect(rig.states()).toEqual(['waiting', 'connecting', 'open', 'backoff', 'waiting', 'connecting', 'open'])
      expect(rig.statuses[3]?.lastFailure).toMatchObject({ code: 'dropped', closeCode: how === 'close' ? 1000 : 1006 })
      expect(rig.streamer.getSnapshot()).toEqual({ state: 'open', openings: 2, retryAt: null, lastFailure: null })
      rig.server.tell({ type: 'Order' })
      await rig.quiet()
      expect(rig.news).toEqual([{ type: 'Order' }])
    },
  )

  it('P13 at once after it was open is replaced after longer and longer waits', async () => {
    const rig = await streamerRig()
    const waits: number[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await rig.until('open')
      rig.server.drop()
      waits.push(await wait(rig))
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000])
  })

  it('is replaced soon again once one was open for half a minute, with a heartbeat answered', async () => {
    const rig = await streamerRig()
    const waits: number[] = []
    for (const lasted of [0, 29_999, 30_000, 0]) {
      await rig.until('open')
      await rig.advance(lasted)
      rig.server.drop()
      waits.push(await wait(rig))
    }
    expect(waits).toEqual([1_000, 2_000, 1_000, 2_000])
  })

  it('P13 is not replaced soon again where no heartbeat was answered', async () => {
    const rig = await streamerRig()
    const waits: number[] = []
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await rig.until('open')
      rig.server.silent = true
      await rig.clock.advance(20_000)
      await rig.server.until(() => rig.server.told.at(-1)?.startsWith('heartbeat') === true)
      await rig.clock.advance(14_999)
      expect(rig.streamer.getSnapshot().state).toBe('open')
      await rig.clock.advance(1)
      rig.server.silent = false
      waits.push(await wait(rig))
    }
    expect(waits).toEqual([1_000, 2_000, 4_000])
    expect(rig.statuses.findLast(({ state }) => state === 'backoff')?.lastFailure?.code).toBe('silent')
  })

  it('P12 half-open, with no answer to a heartbeat, is replaced though nobody says goodbye', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.silent = true
    rig.server.saysGoodbye = false
    await rig.clock.advance(20_000)
    await rig.server.until(() => rig.server.messages.length === 2)
    await rig.clock.advance(15_000)
    rig.server.silent = false
    expect(await wait(rig)).toBe(1_000)
    // The goodbye is waited for, 5 s from when it was due.
    await rig.clock.advance(3_999)
    expect([rig.streamer.getSnapshot().state, rig.server.connections]).toEqual(['backoff', 1])
    await rig.clock.advance(1)
    await rig.until('open')
    expect(rig.server.told.slice(2)).toEqual(['connect Bearer token-1'])
  })
})

describe('a connection that does not come about', () => {
  it('P13 is tried again after longer and longer waits, a minute at most', async () => {
    const rig = await streamerRig()
    rig.server.admits = false
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) waits.push(await wait(rig))
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(rig.streamer.getSnapshot().lastFailure?.code).toBe('unreachable')
    rig.server.admits = true
    await wait(rig)
    await rig.until('open')
    expect(rig.requests()).toBe(1)
  })

  it('P12 within 15 s is given up', async () => {
    const rig = await streamerRig({ streamer: { url: await muteServer() } })
    await rig.until('connecting')
    await rig.clock.advance(14_999)
    expect(rig.streamer.getSnapshot().state).toBe('connecting')
    await rig.clock.advance(1)
    await rig.until('backoff')
    expect(rig.streamer.getSnapshot().lastFailure?.code).toBe('unreachable')
  })
})

describe('close()', () => {
  const situations: Readonly<Record<string, (rig: Rig) => Promise<void>>> = {
    async waiting(rig) {
      rig.failWith({ kind: 'server', status: 503 })
      await rig.session.signOut()
      await rig.until('waiting')
    },
    async 'waiting, with a request for a token under way'(rig) {
      await rig.until('open')
      rig.failWith({ kind: 'server', status: 503 })
      rig.session.reportRejected(rig.session.peekToken()!)
      rig.server.drop()
      await rig.until('backoff')
      await rig.clock.advance(1_000)
      await rig.until('waiting')
    },
    connecting: (rig) => rig.until('connecting'),
    async 'connecting, with connect under way'(rig) {
      rig.server.silent = true
      await rig.server.until(() => rig.server.messages.length === 1)
    },
    open: (rig) => rig.until('open'),
    async backoff(rig) {
      rig.server.admits = false
      await rig.until('backoff')
    },
    async closed(rig) {
      await rig.clock.settle()
      await rig.streamer.close()
    },
  }

  it.for(Object.entries(situations))('P12 ends it while it is %s', async ([, come]) => {
    const rig = await streamerRig()
    await come(rig)
    const { lastFailure } = rig.streamer.getSnapshot()
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1').catch((error: unknown) => error)
    const closed = rig.streamer.close()
    await rig.clock.settleUntil(() => rig.count.open.size === 0)
    await closed
    expect(await asked).toMatchObject({ code: 'disposed', details: { account: 'default' } })
    expect(rig.streamer.getSnapshot().state).toBe('closed')
    expect(rig.streamer.getSnapshot().lastFailure).toBe(lastFailure)
    const { connections } = rig.server
    await rig.clock.advance(10 * 60_000)
    expect(rig.server.connections).toBe(connections)
    let completed = 0
    const complete = () => void (completed += 1)
    const late: unknown[] = []
    rig.streamer.status$.subscribe({ next: ({ state }) => void late.push(state), complete })
    rig.streamer.messages$.subscribe({ complete })
    expect([late, completed]).toEqual([['closed'], 2])
  })

  it('P12 waits 5 s for a server that says no goodbye', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.saysGoodbye = false
    let closed = false
    const closing = rig.streamer.close().then(() => (closed = true))
    await rig.clock.advance(4_999)
    expect([closed, rig.streamer.getSnapshot().state]).toEqual([false, 'open'])
    await rig.clock.advance(1)
    await closing
    expect(rig.streamer.getSnapshot().state).toBe('closed')
    rig.server.drop('cut')
  })

  it('P12 comes with the end of the session', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    await rig.session.dispose()
    await rig.until('closed')
    expect(rig.server.goodbyes).toEqual([Buffer.from([3, 232])])
  })
})
