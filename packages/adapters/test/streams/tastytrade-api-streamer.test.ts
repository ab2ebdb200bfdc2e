import { EvergrantError } from '@evergrant/core'
import { expectNoCanary, plantCanaries, VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { driveTastytradeClient } from '../../src/tastytrade-api.ts'
import { failureOf } from '../support/failure-of.ts'
import { fakeSession, type FakeSessionOptions } from '../support/fake-session.ts'
import { fakeStreamer } from './fake-streamer.ts'
import { LogLevel, TastytradeClient } from './official-sdk.ts'

const ACCOUNT = '5WT00001'

/** The SDK's streamer on a fake one, driven by a session whose tokens are `token-1`, `token-2`, … */
async function rig(options: FakeSessionOptions = {}) {
  const server = await fakeStreamer()
  const clock = new VirtualClock()
  const session = fakeSession(options)
  const logged: unknown[] = []
  const log = (...data: unknown[]) => void logged.push(data)
  const client = new TastytradeClient({
    baseUrl: 'http://127.0.0.1:9',
    accountStreamerUrl: server.url,
    clientSecret: '',
    refreshToken: '',
    oauthScopes: [],
    logger: { info: log, warn: log, error: log },
    logLevel: LogLevel.INFO,
  })
  const streamer = client.accountStreamer
  const driven = driveTastytradeClient(client, session, { clock, random: () => 1 })
  const heard: Record<string, unknown>[] = []
  streamer.addMessageObserver((news) => void heard.push(news as Record<string, unknown>))
  onTestFinished(async () => {
    driven[Symbol.dispose]()
    expect(streamer.isHeartbeatScheduled).toBe(false)
    await server.until(() => server.open === 0)
    await vi.waitUntil(() => clock.pending === 0)
    await server[Symbol.asyncDispose]()
  })
  return {
    server,
    client,
    clock,
    session,
    streamer,
    driven,
    heard,
    logged,
    /** Sends a heartbeat now, and waits for what comes of it. */
    beat: async () => {
      const before = server.messages.length
      // The SDK would forget its own timer, and not stop it.
      Reflect.apply(Reflect.get(streamer, 'cancelHeartbeatTimer') as () => void, streamer, [])
      streamer.sendHeartbeat()
      await server.until(() => server.messages.length > before)
    },
    /** Waits for the answer to the last message that the server got. */
    answered: (count: number) => vi.waitUntil(() => heard.length >= count),
  }
}

const goodFrom = (generation: number) => (authToken: string) => Number(authToken.split('-')[1]) >= generation

describe("the official SDK's account streamer with a session", () => {
  it('P10 sends the present token with each message, past the end of the first', async () => {
    const { server, streamer, session, beat } = await rig()
    await streamer.start()
    await expect(streamer.subscribeToAccounts([ACCOUNT])).resolves.toBe('connect')
    await beat()
    session.renew()
    await beat()
    expect(server.told).toEqual(['connect Bearer token-1', 'heartbeat Bearer token-1', 'heartbeat Bearer token-2'])
    expect(session.reports).toEqual([])
  })

  it('P10 asks once more with the next token where the first is refused', async () => {
    const { server, streamer, session, heard } = await rig()
    server.accepts = goodFrom(2)
    await streamer.start()
    await expect(streamer.subscribeToAccounts([ACCOUNT])).resolves.toBe('connect')
    expect(server.told).toEqual(['connect Bearer token-1', 'connect Bearer token-2'])
    expect(session.reports).toEqual([1])
    // The refusal is no news.
    expect(heard.map(({ status }) => status)).toEqual(['ok'])
  })

  it('P10 hands a second refusal to the caller, and condemns no second token for it', async () => {
    const { server, streamer, session } = await rig()
    server.accepts = () => false
    await streamer.start()
    expect(await failureOf(streamer.subscribeToAccounts([ACCOUNT]))).toBe('failed')
    expect(await failureOf(streamer.subscribeToAccounts(['5WT00002']))).toBe('failed')
    expect(session.reports).toEqual([1])
    expect(server.connections).toBe(1)
  })

  it('P10 takes two late refusals of one token for one', async () => {
    const { server, streamer, session } = await rig()
    server.accepts = goodFrom(2)
    await streamer.start()
    const both = [streamer.subscribeToAccounts([ACCOUNT]), streamer.subscribeToAccounts(['5WT00002'])]
    expect(await Promise.all(both)).toEqual(['connect', 'connect'])
    expect(session.reports).toEqual([1])
    expect(server.messages.map(({ value }) => value)).toEqual([ACCOUNT, '5WT00002', ACCOUNT, '5WT00002'])
  })

  it('connects again with the next token when a heartbeat is refused', async () => {
    const { server, streamer, session, beat, answered, heard } = await rig()
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    server.accepts = goodFrom(2)
    await beat()
    await server.until(() => server.messages.length === 3)
    expect(server.told.slice(1)).toEqual(['heartbeat Bearer token-1', 'connect Bearer token-2'])
    await answered(3)
    expect(heard.map(({ action, status }) => `${String(action)} ${String(status)}`)).toContain('heartbeat error')
    await beat()
    expect(server.told.at(-1)).toBe('heartbeat Bearer token-2')
    expect(session.reports).toEqual([1])
    expect(server.connections).toBe(1)
  })

  it('takes a message in the wrong order for no verdict on the token', async () => {
    const { streamer, session, beat, answered } = await rig()
    await streamer.start()
    await beat()
    await answered(1)
    expect(session.reports).toEqual([])
  })

  it.for(['close', 'cut'] as const)('P12 comes back after a %s, and subscribes with the present token', async (how) => {
    const { server, streamer, session, clock, heard } = await rig()
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    await streamer.subscribeToUser('U1')
    await server.until(() => server.messages.length === 2)
    session.renew()
    server.drop(how)
    await vi.waitUntil(() => clock.pending === 1)
    expect(clock.held).toBe(1)
    await clock.advance(999)
    expect(server.connections).toBe(1)
    await clock.advance(1)
    await server.until(() => server.messages.length === 4)
    expect(server.told.slice(2)).toEqual(['connect Bearer token-2', 'user-message-subscribe Bearer token-2'])
    expect(server.connections).toBe(2)
    server.tell({ type: 'AccountBalance', data: {} })
    await vi.waitUntil(() => heard.at(-1)?.['type'] === 'AccountBalance')
  })

  it('P5 waits longer after each connect that fails, and a minute at most', async () => {
    const { server, streamer, clock } = await rig()
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    server.admits = false
    server.drop('cut')
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await vi.waitUntil(() => clock.pending === 1 && clock.nextAt !== null && clock.nextAt > clock.monotonic())
      const began = clock.monotonic()
      await clock.advanceToNext()
      waits.push(clock.monotonic() - began)
      // The connect and its limit are under way; its failure sets the next wait.
      await vi.waitUntil(() => clock.pending === 1 && clock.nextAt !== clock.monotonic() + 15_000)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    server.admits = true
    await clock.advanceToNext()
    await server.until(() => server.messages.length === 2)
    expect(server.told.at(-1)).toBe('connect Bearer token-1')
  })

  it('P5 comes back soon again once the server has accepted what it was asked', async () => {
    const { server, streamer, clock, answered } = await rig()
    const wait = async () => {
      await vi.waitUntil(() => clock.pending === 1 && clock.nextAt !== clock.monotonic() + 15_000)
      const began = clock.monotonic()
      await clock.advanceToNext()
      return clock.monotonic() - began
    }
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    server.admits = false
    server.drop('cut')
    const waits = [await wait(), await wait()]
    await vi.waitUntil(() => clock.pending === 1 && clock.nextAt !== clock.monotonic() + 15_000)
    server.admits = true
    waits.push(await wait())
    await answered(2)
    server.drop('cut')
    waits.push(await wait())
    expect(waits).toEqual([1000, 2000, 4000, 1000])
  })

  it('P13 burns one token, and no more, where heartbeats are refused whatever the token is', async () => {
    const { server, streamer, session, clock, beat } = await rig()
    server.accepts = (_, { action }) => action === 'connect'
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    await beat()
    await server.until(() => server.messages.length === 3)
    await vi.waitUntil(() => streamer.isHeartbeatScheduled)
    await beat()
    await vi.waitUntil(() => clock.pending === 1)
    await clock.advanceToNext()
    await server.until(() => server.messages.length === 5)
    await beat()
    await vi.waitUntil(() => clock.pending === 1)
    expect(server.told).toEqual([
      'connect Bearer token-1',
      'heartbeat Bearer token-1',
      'connect Bearer token-2',
      'heartbeat Bearer token-2',
      'connect Bearer token-2',
      'heartbeat Bearer token-2',
    ])
    expect(session.reports).toEqual([1])
  })

  it('P12 stays down when it was stopped, also between two connects', async () => {
    const { server, streamer, clock } = await rig()
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    server.drop('cut')
    await vi.waitUntil(() => clock.pending === 1)
    streamer.stop()
    await vi.waitUntil(() => clock.pending === 0)
    await clock.advance(120_000)
    expect(server.connections).toBe(1)
  })

  it('sends what was asked for before the start with the token of the start', async () => {
    const { server, streamer, session } = await rig()
    const asked = streamer.subscribeToAccounts([ACCOUNT])
    session.renew()
    await streamer.start()
    expect(await asked).toBe('connect')
    expect(server.told).toEqual(['connect Bearer token-2'])
  })

  it('P6 hands on what the session says, and leaves no rejection of a heartbeat unhandled', async () => {
    const { server, streamer, session } = await rig({ renews: false })
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    session.reportRejected(session.token as never)
    Reflect.apply(Reflect.get(streamer, 'cancelHeartbeatTimer') as () => void, streamer, [])
    streamer.sendHeartbeat()
    const asked = failureOf(streamer.subscribeToAccounts(['5WT00002']))
    await session.untilWaiting(2)
    const revoked = new EvergrantError('grant-revoked', { message: 'gone', help: 'log in', details: { account: 'a' } })
    session.fail(revoked)
    expect(await asked).toBe(revoked)
    expect(streamer.isHeartbeatScheduled).toBe(true)
    expect(server.messages).toHaveLength(1)
  })

  it('P11 shows no token in its logs', async () => {
    const canaries = plantCanaries()
    const canary = canaries.plant('access token')
    const { server, client, streamer, logged, beat, clock } = await rig({
      value: (generation) => `${canary}-${generation}`,
    })
    await streamer.start()
    await streamer.subscribeToAccounts([ACCOUNT])
    await beat()
    server.accepts = () => false
    const refused = await failureOf(streamer.subscribeToAccounts(['5WT00002']))
    // It compares the names of its levels, so that INFO shows no errors.
    client.updateConfig({ logLevel: LogLevel.ERROR })
    server.admits = false
    server.drop('cut')
    await vi.waitUntil(() => clock.pending === 1)
    await clock.advanceToNext()
    await vi.waitUntil(() => JSON.stringify(logged).includes('AccountStreamer error'))
    expect(server.messages[0]?.['auth-token']).toContain(canary)
    expect(JSON.stringify(logged)).toContain('Sending message: ')
    expectNoCanary([logged, refused], canaries)
  })
})
