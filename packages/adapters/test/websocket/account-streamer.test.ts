import { describe, expect, it } from 'vitest'
import { accountStreamer } from '../../src/websocket.ts'
import { countedSocket } from './counted-socket.ts'
import { sessionRig } from './session-rig.ts'
import { ACCOUNT, goodFrom, streamerRig } from './streamer-rig.ts'

describe('the account streamer', () => {
  it('connects first, then sends a heartbeat every 20 s, each with the token and a number', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    await rig.advance(19_999)
    expect(rig.server.messages).toHaveLength(1)
    await rig.advance(1)
    await rig.advance(20_000)
    expect(rig.server.messages).toEqual([
      { action: 'connect', value: [ACCOUNT], 'auth-token': 'Bearer token-1', 'request-id': 1 },
      { action: 'heartbeat', 'auth-token': 'Bearer token-1', 'request-id': 2 },
      { action: 'heartbeat', 'auth-token': 'Bearer token-1', 'request-id': 3 },
    ])
    expect(rig.states()).toEqual(['waiting', 'connecting', 'open'])
    expect(rig.news).toEqual([])
  })

  it('sends nothing else before connect was accepted', async () => {
    const rig = await streamerRig()
    rig.server.silent = true
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
    await rig.server.until(() => rig.server.messages.length === 1)
    await rig.clock.advance(14_999)
    expect(rig.server.messages).toHaveLength(1)
    expect(rig.streamer.getSnapshot().state).toBe('connecting')
    rig.server.silent = false
    await rig.clock.advance(1)
    await rig.until('backoff')
    await rig.clock.advance(1_000)
    await rig.until('open')
    await asked
    expect(rig.server.messages.slice(1).map(({ action, value }) => [action, value])).toEqual([
      ['connect', [ACCOUNT]],
      ['user-message-subscribe', 'U1'],
    ])
  })

  it('P10 sends the present token with each message, over the life of the first, on one connection', async () => {
    const rig = await streamerRig({ streamer: { heartbeatInterval: 60_000 } })
    await rig.until('open')
    await rig.advance(20 * 60_000)
    expect(rig.server.told).toEqual([
      'connect Bearer token-1',
      ...Array<string>(9).fill('heartbeat Bearer token-1'),
      ...Array<string>(10).fill('heartbeat Bearer token-2'),
      'heartbeat Bearer token-3',
    ])
    expect([rig.server.connections, rig.requests()]).toEqual([1, 3])
  })

  it('keeps the interval from one sending to the next, however late the answer is', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.silent = true
    await rig.clock.advance(20_000)
    await rig.server.until(() => rig.server.messages.length === 2)
    await rig.clock.advance(14_000)
    rig.server.silent = false
    rig.server.tell({ status: 'ok', action: 'heartbeat', 'web-socket-session-id': '5b6e2799', 'request-id': 2 })
    await rig.quiet()
    await rig.clock.advance(5_999)
    await rig.quiet()
    expect(rig.server.messages).toHaveLength(2)
    await rig.clock.advance(1)
    await rig.quiet()
    expect(rig.server.messages).toHaveLength(3)
    expect(rig.server.connections).toBe(1)
  })

  it('gives the news one by one, and not the answers', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    const [first, second, third] = ['AccountBalance', 'Order', 'CurrentPosition'].map((type) => ({ type, data: {} }))
    rig.server.tell(first!)
    rig.server.tell({ results: [second, third] })
    await rig.advance(40_000)
    expect(rig.news).toEqual([first, second, third])
  })

  it('subscribes to more on the open connection, and once to the same', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    const asked = [
      rig.streamer.connect(['5WT00002']),
      rig.streamer.subscribe('quote-alerts-subscribe'),
      rig.streamer.connect(['5WT00002']),
    ]
    await rig.quiet()
    await rig.clock.settleUntil(() => rig.server.messages.length === 3)
    await Promise.all(asked)
    await rig.streamer.subscribe('quote-alerts-subscribe')
    expect(rig.server.messages.map(({ action, value }) => [action, value])).toEqual([
      ['connect', [ACCOUNT]],
      ['connect', ['5WT00002']],
      ['quote-alerts-subscribe', undefined],
    ])
    expect(rig.states()).toEqual(['waiting', 'connecting', 'open'])
  })

  it('takes an answer without a number for the oldest message of its action', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.silent = true
    await rig.clock.advance(20_000)
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
    await rig.clock.settleUntil(() => rig.server.messages.length === 3)
    let accepted = false
    const telling = asked.then(() => (accepted = true))
    rig.server.tell({ status: 'ok', action: 'heartbeat' })
    await rig.clock.settleUntil(() => rig.count.received === rig.server.sent)
    expect(accepted).toBe(false)
    rig.server.tell({ status: 'ok', action: 'user-message-subscribe' })
    await rig.clock.settleUntil(() => accepted)
    await telling
    await rig.clock.advance(19_999)
    expect(rig.server.connections).toBe(1)
  })

  it('takes no answer for that to a message of another action', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.silent = true
    await rig.clock.advance(20_000)
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
    await rig.clock.settleUntil(() => rig.server.messages.length === 3)
    rig.server.tell({ status: 'ok', action: 'user-message-subscribe' })
    await asked
    await rig.clock.advance(15_000)
    // The heartbeat has no answer still.
    await rig.until('backoff')
    expect(rig.streamer.getSnapshot().lastFailure?.code).toBe('silent')
  })

  it('rejects a subscription that the server refuses with the next token too, and forgets it', async () => {
    const rig = await streamerRig()
    rig.server.accepts = (_, { value }) => value !== 'wrong'
    await rig.until('open')
    const asked = rig.streamer.subscribe('user-message-subscribe', 'wrong').catch((error: unknown) => error)
    await rig.nextGeneration()
    await rig.clock.settleUntil(() => rig.server.messages.length === 3)
    expect(await asked).toMatchObject({
      code: 'invalid-options',
      message: 'message: was refused by the server, with the next token too: failed',
    })
    expect(rig.server.told.slice(1)).toEqual([
      'user-message-subscribe Bearer token-1',
      'user-message-subscribe Bearer token-2',
    ])
    rig.server.drop()
    await rig.until('backoff')
    await rig.clock.advance(1_000)
    await rig.until('open')
    expect(rig.server.told.slice(3)).toEqual(['connect Bearer token-2'])
  })

  it.for([
    ['production', 'wss://streamer.tastyworks.com/'],
    ['sandbox', 'wss://streamer.cert.tastyworks.com/'],
    [undefined, 'wss://streamer.cert.tastyworks.com/'],
  ] as const)('goes to the address of %s', async ([environment, address]) => {
    const { clock, session } = sessionRig()
    const { count, WebSocket } = countedSocket()
    class Elsewhere extends WebSocket {
      constructor(url: string) {
        super('ws://127.0.0.1:9')
        count.urls.splice(0, 1, url)
      }
    }
    const streamer = accountStreamer(session, { accounts: [ACCOUNT], environment, clock, WebSocket: Elsewhere })
    await clock.settleUntil(() => count.urls.length === 1)
    expect(count.urls).toEqual([address])
    await streamer.close()
  })

  it.for([
    ['accounts', { accounts: [] }],
    ['accounts', { accounts: [''] }],
    ['accounts', { accounts: ACCOUNT }],
    ['heartbeatInterval', { heartbeatInterval: 1_999 }],
    ['heartbeatInterval', { heartbeatInterval: 60_001 }],
    ['heartbeatInterval', { heartbeatInterval: Number.NaN }],
    ['environment', { environment: 'staging' }],
    ['url', { url: 'ws://streamer.example.com' }],
    ['heartbeat', { heartbeat: 1 }],
  ] as const)('refuses what cannot be used: %s', ([option, options]) => {
    const { session, clock } = sessionRig()
    const start = () => accountStreamer(session, { accounts: [ACCOUNT], clock, ...(options as object) })
    expect(start).toThrow(expect.objectContaining({ code: 'invalid-options', details: { option } }) as Error)
  })

  it('refuses account numbers that are none where it connects to more', async () => {
    const rig = await streamerRig()
    await expect(rig.streamer.connect([])).rejects.toMatchObject({ details: { option: 'accounts' } })
  })
})

describe('a token that the streamer refuses', () => {
  it('P10 is told to the session once, and the next one is tried', async () => {
    const rig = await streamerRig()
    rig.server.accepts = goodFrom(2)
    await rig.nextGeneration()
    await rig.until('open')
    expect(rig.server.told).toEqual(['connect Bearer token-1', 'connect Bearer token-2'])
    expect([rig.requests(), rig.server.connections]).toEqual([2, 1])
  })

  it('P10 on a heartbeat has everything asked for again, with the next', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
    await rig.clock.settleUntil(() => rig.server.messages.length === 2)
    await asked
    rig.server.accepts = goodFrom(2)
    await rig.advance(20_000)
    await rig.until('open')
    await rig.advance(20_000)
    expect(rig.server.told.slice(2)).toEqual([
      'heartbeat Bearer token-1',
      'connect Bearer token-2',
      'user-message-subscribe Bearer token-2',
      'heartbeat Bearer token-2',
    ])
    expect([rig.requests(), rig.server.connections]).toEqual([2, 1])
    expect(rig.states()).toEqual(['waiting', 'connecting', 'open', 'connecting', 'open'])
    expect(rig.streamer.getSnapshot().openings).toBe(2)
  })

  it('P13 costs one token and no more, however often the next ones are refused', async () => {
    const rig = await streamerRig()
    rig.server.accepts = () => false
    await rig.nextGeneration()
    await rig.until('backoff')
    expect(rig.server.told).toEqual(['connect Bearer token-1', 'connect Bearer token-2'])
    expect(rig.streamer.getSnapshot().lastFailure).toMatchObject({
      code: 'refused',
      message: 'The server refused what is asked for on each connection: failed',
    })
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const { retryAt } = rig.streamer.getSnapshot()
      waits.push((retryAt ?? 0) - rig.clock.now())
      await rig.clock.advance((retryAt ?? 0) - rig.clock.now())
      await rig.until('backoff')
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(rig.server.told.slice(2)).toEqual(Array(8).fill('connect Bearer token-2'))
    expect(rig.requests()).toBe(2)
  })

  it('P13 on each heartbeat, while connect is accepted, costs one token and no more', async () => {
    const rig = await streamerRig()
    rig.server.accepts = (_, { action }) => action === 'connect'
    await rig.until('open')
    await rig.advance(5 * 60_000)
    expect(rig.requests()).toBe(2)
    expect(rig.server.told.slice(0, 6)).toEqual([
      'connect Bearer token-1',
      'heartbeat Bearer token-1',
      'connect Bearer token-2',
      'heartbeat Bearer token-2',
      'connect Bearer token-2',
      'heartbeat Bearer token-2',
    ])
    // At 0 s; after 40 s and a wait of 1 s; then after 20 s each and waits of 2, 4, 8, 16, 32 and 60 s.
    expect(rig.server.connections).toBe(8)
  })

  it('P13 on one of several subscriptions, at each connection, costs one token and no more', async () => {
    const rig = await streamerRig()
    await rig.until('open')
    const asked = rig.streamer.subscribe('user-message-subscribe', 'U1')
    await rig.clock.settleUntil(() => rig.server.messages.length === 2)
    await asked
    rig.server.accepts = (_, { action }) => action !== 'user-message-subscribe'
    rig.server.drop()
    await rig.until('backoff')
    await rig.clock.advance(1_000)
    await rig.nextGeneration()
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await rig.until('backoff')
      await rig.clock.advance((rig.streamer.getSnapshot().retryAt ?? 0) - rig.clock.now())
    }
    await rig.until('backoff')
    expect([rig.requests(), rig.server.connections]).toEqual([2, 6])
  })

  it.for(['connect-not-completed', 'not-implemented'])('is not what "%s" means', async (message) => {
    const rig = await streamerRig()
    await rig.until('open')
    rig.server.silent = true
    await rig.clock.advance(20_000)
    await rig.server.until(() => rig.server.messages.length === 2)
    rig.server.tell({ status: 'error', action: 'heartbeat', 'request-id': 2, message })
    await rig.until('backoff')
    rig.server.silent = false
    await rig.clock.advance(1_000)
    await rig.until('open')
    expect(rig.requests()).toBe(1)
    expect(rig.server.told.at(-1)).toBe('connect Bearer token-1')
  })
})
