import { expect, onTestFinished } from 'vitest'
import { accountStreamer, type AccountStreamerOptions, type SocketStatus } from '../../src/websocket.ts'
import { fakeStreamer } from '../streams/fake-streamer.ts'
import { countedSocket } from './counted-socket.ts'
import { sessionRig, type SessionRigOptions } from './session-rig.ts'

export const ACCOUNT = '5WT00001'

export interface StreamerRigOptions extends SessionRigOptions {
  readonly streamer?: Partial<AccountStreamerOptions>
}

/** An account streamer over a real session, on a fake server on loopback. */
export async function streamerRig({ streamer: options = {}, ...rest }: StreamerRigOptions = {}) {
  const server = await fakeStreamer()
  const token = sessionRig(rest)
  const { clock, session } = token
  const { count, WebSocket } = countedSocket()
  const faults: unknown[] = []
  const start = () =>
    accountStreamer(session, {
      accounts: [ACCOUNT],
      url: server.url,
      clock,
      random: () => 1,
      WebSocket,
      onListenerError: (error) => void faults.push(error),
      ...options,
    })
  const streamer = start()
  const statuses: SocketStatus[] = []
  const news: unknown[] = []
  streamer.status$.subscribe((status) => void statuses.push(status))
  streamer.messages$.subscribe((message) => void news.push(message))
  onTestFinished(async () => {
    const closed = streamer.close()
    server.drop('cut')
    await clock.settleUntil(() => server.open === 0 && count.open.size === 0)
    await closed
    await session.dispose()
    expect(clock.pending).toBe(0)
    await server[Symbol.asyncDispose]()
  })

  /** All that was sent has arrived, either way. */
  const quiet = () => clock.settleUntil(() => count.sent === server.messages.length && count.received === server.sent)

  return {
    ...token,
    server,
    count,
    streamer,
    faults,
    statuses,
    news,
    quiet,
    /** The states so far, in a row. */
    states: () => statuses.map(({ state }) => state),
    /** Until the streamer says so; time stands still. */
    until: (state: SocketStatus['state']) => clock.settleUntil(() => streamer.getSnapshot().state === state),
    /** The present token was refused: lets the time pass that a session leaves between two requests. */
    async nextGeneration() {
      await clock.settleUntil(() => session.peekToken() === null)
      await clock.advance(5_000)
    },
    /** Moves time from alarm to alarm; what goes over the wire takes none. */
    async advance(ms: number) {
      const target = clock.monotonic() + ms
      for (;;) {
        await quiet()
        if (clock.nextAt === null || clock.nextAt > target) break
        await clock.advanceToNext()
      }
      await clock.advance(target - clock.monotonic())
    },
  }
}

/** Accepts tokens from this generation on. */
export const goodFrom = (generation: number) => (authToken: string) => Number(authToken.split('-')[1]) >= generation
