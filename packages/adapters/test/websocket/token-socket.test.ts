import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { map, Observable } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tokenSocket, type TokenSocket, type TokenSocketOptions } from '../../src/websocket.ts'
import type { ServerSocket } from '../streams/websocket-server.ts'
import { loopbackServer } from './loopback-server.ts'
import { sessionRig } from './session-rig.ts'

interface Message {
  readonly op: string
  readonly to?: string
}

interface RigOptions {
  readonly answer?: (message: unknown, socket: ServerSocket) => object | null
  readonly socket?: Partial<TokenSocketOptions<Message>>
}

/** A socket over a real session, on a server that says what the test wants. */
async function rig({ answer, socket: options = {} }: RigOptions = {}) {
  const server = await loopbackServer(answer)
  const token = sessionRig()
  const { clock, session } = token
  const faults: unknown[] = []
  const onListenerError = (error: unknown) => void faults.push(error)
  const socket: TokenSocket<Message> = tokenSocket<Message>(session, {
    url: server.url,
    clock,
    random: () => 1,
    onListenerError,
    ...options,
  })
  const news: unknown[] = []
  socket.messages$.subscribe((message) => void news.push(message))
  onTestFinished(async () => {
    const closed = socket.close()
    await clock.settleUntil(() => server.open.size === 0)
    await closed
    await session.dispose()
    expect(clock.pending).toBe(0)
  })
  const until = (state: string) => clock.settleUntil(() => socket.getSnapshot().state === state)
  return { ...token, server, socket, news, faults, until }
}

/** What `{ op }` is answered with: `{ ok: op }`, or `{ bad: op }` where the token is refused. */
const acknowledges: TokenSocketOptions<Message>['acknowledges'] = (incoming) => {
  const { ok, bad } = incoming as { readonly ok?: string; readonly bad?: string }
  if (ok !== undefined) return { verdict: 'accepted', isFor: ({ op }) => op === ok }
  return bad === undefined ? null : { verdict: 'token-refused', isFor: ({ op }) => op === bad, word: 'bad token' }
}

/** With the token in each message; a refusal for those before `goodFrom`. */
const write: TokenSocketOptions<Message>['write'] = (message, { token, id }) =>
  JSON.stringify({ ...message, id, token: token.value })

describe('a socket without more than an address', () => {
  it('is open once it is connected, sends JSON and gives JSON, texts and bytes', async () => {
    const { server, socket, news, clock, until } = await rig()
    await until('open')
    await socket.send({ op: 'hello' })
    server.sockets[0]?.send('{"a":1}')
    server.sockets[0]?.send('no JSON')
    await clock.settleUntil(() => news.length === 2 && server.messages.length === 1)
    expect([server.messages, news]).toEqual([[{ op: 'hello' }], [{ a: 1 }, 'no JSON']])
  })

  it('is replaced soon again once one was open for half a minute', async () => {
    const { server, socket, clock, until } = await rig()
    const waits: number[] = []
    for (const lasted of [0, 29_999, 30_000]) {
      await until('open')
      await clock.advance(lasted)
      server.sockets.at(-1)?.close()
      await until('backoff')
      const wait = (socket.getSnapshot().retryAt ?? 0) - clock.now()
      waits.push(wait)
      await clock.advance(wait)
    }
    expect(waits).toEqual([1_000, 2_000, 1_000])
  })
})

describe('the wait between two connections', () => {
  it.for([
    [0, 500],
    [0.5, 750],
    [1, 1_000],
  ] as const)('is spread at random: %f makes it %i ms', async ([random, wait]) => {
    const { server, socket, clock, until } = await rig({ socket: { random: () => random } })
    await until('open')
    server.sockets[0]?.close()
    await until('backoff')
    expect((socket.getSnapshot().retryAt ?? 0) - clock.now()).toBe(wait)
  })
})

describe('a socket whose token is for the handshake', () => {
  it('has the present one in its subprotocols, and its address from a function', async () => {
    const generations: number[] = []
    const { url } = await loopbackServer()
    const { server, session, clock, until } = await rig({
      socket: { protocols: (token) => ['v1', `bearer.${token.value}`] },
    })
    await until('open')
    expect(server.sockets[0]?.protocols).toEqual(['v1', 'bearer.token-1'])
    const other = tokenSocket(session, {
      clock,
      url(token) {
        generations.push(token.generation)
        return `${url}/?v=2`
      },
    })
    await clock.settleUntil(() => other.getSnapshot().state === 'open')
    expect(generations).toEqual([1])
    await other.close()
  })

  it.for([3000, 4401])('P10 takes a close with %i for a refusal, once', async (code) => {
    const protocols: TokenSocketOptions<Message>['protocols'] = (token) => [`bearer.${token.value}`]
    const { server, socket, clock, until, ...token } = await rig({ socket: { protocols } })
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await until('open')
      server.sockets.at(-1)?.close(code)
      await until('backoff')
      await clock.advance((socket.getSnapshot().retryAt ?? 0) - clock.now())
      // What a session leaves between two requests.
      await clock.advance(5_000)
    }
    expect(server.sockets.slice(0, 4).map(({ protocols: [offered] }) => offered)).toEqual([
      'bearer.token-1',
      'bearer.token-2',
      'bearer.token-2',
      'bearer.token-2',
    ])
    expect(token.requests()).toBe(2)
    // One that lasted shows that the token was good, until now.
    await until('open')
    await clock.advance(30_000)
    server.sockets.at(-1)?.close(code)
    await until('backoff')
    await clock.advance(5_000)
    expect(token.requests()).toBe(3)
  })

  it('P10 takes it for a refusal of the token that was sent last', async () => {
    const { server, socket, session, clock, until, ...token } = await rig({ socket: { write } })
    await until('open')
    const renewed = session.refresh({ force: true })
    await clock.advance(10_000)
    await renewed
    await socket.send({ op: 'a' })
    await clock.settleUntil(() => server.messages.length === 1)
    server.sockets[0]?.close(4401)
    await until('backoff')
    await clock.advance(10_000)
    expect([token.requests(), session.getSnapshot().generation]).toEqual([3, 3])
  })

  it('takes no other close for a refusal', async () => {
    const { server, clock, until, ...token } = await rig()
    await until('open')
    server.sockets[0]?.close(4000)
    await until('backoff')
    await clock.advance(10_000)
    await until('open')
    expect(token.requests()).toBe(1)
  })

  it.for([
    ['a URL', { url: ({ value }: { value: string }) => `wss://example.com/?token=${value}` }, 'url'],
    ['subprotocols', { protocols: ({ value }: { value: string }) => [`${value} @`] }, 'protocols'],
  ] as const)(
    'P11 connects to nobody by %s that would let it out, and does not repeat it',
    async ([, options, option]) => {
      const { server, socket, until } = await rig({ socket: options })
      await until('backoff')
      const { lastFailure } = socket.getSnapshot()
      expect(lastFailure?.code).toBe('invalid-options')
      expect(lastFailure?.message).toContain(`${option}: `)
      expect(inspect(lastFailure)).not.toContain('token-1')
      expect(server.sockets).toEqual([])
    },
  )
})

describe('send()', () => {
  it('waits until the socket is open, and sends with the token of then', async () => {
    const { server, socket, clock, session, until } = await rig({ socket: { write } })
    await session.signOut()
    const sending = socket.send({ op: 'a' }, { maxWait: 60_000 })
    await clock.advance(10_000)
    expect(server.messages).toEqual([])
    await session.setCredentials({ refreshToken: 'planted again' })
    await until('open')
    await sending
    await clock.settleUntil(() => server.messages.length === 1)
    expect(server.messages).toMatchObject([{ op: 'a' }])
  })

  it('waits until what belongs to the socket was accepted', async () => {
    const { server, socket, until } = await rig({
      answer: (message) => ({ ok: (message as Message).op }),
      socket: { acknowledges, subscriptions: [{ op: 'first' }] },
    })
    const sent: Promise<void>[] = []
    socket.status$.subscribe(({ state }) => {
      if (state === 'connecting') queueMicrotask(() => sent.push(socket.send({ op: 'second' })))
    })
    await until('open')
    await Promise.all(sent)
    expect([sent.length, server.messages[0], server.sockets.length]).toEqual([1, { op: 'first' }, 1])
  })

  it('P12 gives up after its time or with its signal, says why, and sends nothing later', async () => {
    const { server, socket, clock, until, session, ...token } = await rig({ socket: { write } })
    await until('open')
    token.failWith({ kind: 'server', status: 503 })
    session.reportRejected(session.peekToken()!)
    const reason = new Error('not any more')
    const controller = new AbortController()
    const late = socket.send({ op: 'late' }).catch((error: unknown) => error)
    const left = socket.send({ op: 'left' }, { signal: controller.signal }).catch((error: unknown) => error)
    const kept = socket.send({ op: 'kept' }, { maxWait: 60 * 60_000 })
    controller.abort(reason)
    expect(await left).toBe(reason)
    await clock.advance(29_999)
    await clock.advance(1)
    expect(await late).toMatchObject({ code: 'wait-timeout', details: { waited: 30_000 } })
    token.failWith(null)
    await clock.advance(5 * 60_000)
    await kept
    await clock.settleUntil(() => server.messages.length > 0)
    expect(server.messages).toMatchObject([{ op: 'kept', token: 'token-2' }])
  })

  it('sends on the next connection what the last one was lost for', async () => {
    const { server, socket, clock, until, session, ...token } = await rig({ socket: { write } })
    await until('open')
    token.failWith({ kind: 'server', status: 503 })
    session.reportRejected(session.peekToken()!)
    const sending = socket.send({ op: 'a' }, { maxWait: 60 * 60_000 })
    await clock.settle()
    server.sockets[0]?.destroy()
    await until('backoff')
    token.failWith(null)
    await clock.advance(5 * 60_000)
    await until('open')
    await sending
    await clock.settleUntil(() => server.messages.length === 1)
    expect([server.messages.length, server.sockets.length]).toEqual([1, 2])
  })

  it('P12 loses nothing, whenever the connection ends, and sends nothing twice', async () => {
    const { server, socket, session, clock, until } = await rig()
    // A sign-out hangs up at once: before the message is looked at, on each step of its way, and after it was sent.
    for (let steps = 0; steps < 20; steps += 1) {
      await until('open')
      const sending = socket.send({ op: `${steps}` }, { maxWait: 60 * 60_000 })
      for (let step = 0; step < steps; step += 1) await Promise.resolve()
      const signedOut = session.signOut()
      await until('backoff')
      await signedOut
      await session.setCredentials({ refreshToken: `planted again, ${steps}` })
      await clock.advance(60_000)
      await until('open')
      await sending
      await clock.settleUntil(() => server.messages.length > steps)
    }
    expect(server.messages).toEqual(Array.from({ length: 20 }, (_, steps) => ({ op: `${steps}` })))
  })

  it.for([
    ['invalid-options', { op: 'a', to: 1n as never }, {}],
    ['invalid-options', { op: 'a' }, { maxWait: -1 }],
    ['invalid-options', { op: 'a' }, { maxWait: Number.NaN }],
  ] as const)('rejects with %s for what cannot be sent', async ([code, message, options]) => {
    const { socket, until } = await rig()
    await until('open')
    await expect(socket.send(message, options)).rejects.toMatchObject({ code })
    await expect(socket.subscribe(message, options)).rejects.toMatchObject({ code })
    expect(socket.getSnapshot().state).toBe('open')
  })

  it('P10 reports the token where it is refused, once, and hands the answer on', async () => {
    const { server, socket, news, clock, until, ...token } = await rig({
      answer: (message) => ({ bad: (message as Message).op }),
      socket: { write, acknowledges },
    })
    await until('open')
    await socket.send({ op: 'a' })
    await socket.send({ op: 'b' })
    await clock.settleUntil(() => news.length === 2)
    await clock.advance(5_000)
    await socket.send({ op: 'c' })
    await clock.settleUntil(() => news.length === 3)
    await clock.advance(60_000)
    expect(news).toEqual([{ bad: 'a' }, { bad: 'b' }, { bad: 'c' }])
    expect(server.messages).toMatchObject([{ token: 'token-1' }, { token: 'token-1' }, { token: 'token-2' }])
    expect(token.requests()).toBe(2)
  })

  it('takes an answer for the oldest message that it fits, and remembers the last 64', async () => {
    let refuses = false
    const { socket, server, clock, until, ...token } = await rig({
      answer: () => (refuses ? { bad: 'old' } : null),
      socket: { write, acknowledges },
    })
    await until('open')
    await socket.send({ op: 'old' })
    for (let index = 0; index < 63; index += 1) await socket.send({ op: 'new' })
    await clock.settleUntil(() => server.messages.length === 64)
    await socket.send({ op: 'new' })
    refuses = true
    await socket.send({ op: 'new' })
    await clock.settleUntil(() => server.messages.length === 66)
    await clock.advance(60_000)
    // Nothing is left that it could be for.
    expect(token.requests()).toBe(1)
    await socket.send({ op: 'old' })
    await clock.settleUntil(() => server.messages.length === 67)
    await clock.advance(60_000)
    expect(token.requests()).toBe(2)
  })
})

describe('subscribe()', () => {
  const accepting = (message: unknown) => ({ ok: (message as Message).op })

  it('sends on each connection, after what belongs to the socket, until it is forgotten', async () => {
    const { server, socket, clock, until } = await rig({
      answer: accepting,
      socket: { subscriptions: [{ op: 'first' }], acknowledges },
    })
    const asked = socket.subscribe({ op: 'second' })
    await until('open')
    await asked
    for (const forget of [false, true]) {
      if (forget) socket.unsubscribe({ op: 'second' })
      server.sockets.at(-1)?.close()
      await until('backoff')
      await clock.advance(2_000)
      await until('open')
    }
    expect(server.messages).toEqual(['first', 'second', 'first', 'second', 'first'].map((op) => ({ op })))
  })

  it('tells whoever waits that it was forgotten', async () => {
    const { socket, until } = await rig({ socket: { acknowledges } })
    await until('open')
    const asked = socket.subscribe({ op: 'a' }).catch((error: unknown) => error)
    socket.unsubscribe({ op: 'a' })
    expect(await asked).toMatchObject({ name: 'AbortError' })
  })

  it('may come while the connection is being made', async () => {
    const { server, socket, until } = await rig({ answer: accepting, socket: { acknowledges } })
    const asked: Promise<void>[] = []
    socket.status$.subscribe(({ state }) => {
      if (state === 'connecting') queueMicrotask(() => asked.push(socket.subscribe({ op: 'a' })))
    })
    await until('open')
    await Promise.all(asked)
    expect([asked.length, server.messages, server.sockets.length]).toEqual([1, [{ op: 'a' }], 1])
  })

  it('rejects for what cannot be written, and nothing else comes of it', async () => {
    const { server, socket, until } = await rig({
      answer: accepting,
      socket: {
        acknowledges,
        write(message, { token }) {
          if (message.op === 'bad') throw new Error(`cannot join ${message.op} and ${token.value}`)
          return JSON.stringify(message)
        },
      },
    })
    await until('open')
    const refused = await socket.subscribe({ op: 'bad' }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'invalid-options', message: 'message: cannot be written (Error)' })
    await socket.subscribe({ op: 'good' })
    expect([server.messages, server.sockets.length]).toEqual([[{ op: 'good' }], 1])
  })

  it('goes on with it when whoever asked has stopped waiting', async () => {
    let silent = true
    const { socket, server, clock, until } = await rig({
      answer: (message) => (silent ? null : accepting(message)),
      socket: { acknowledges },
    })
    await until('open')
    await expect(socket.subscribe({ op: 'a' }, { maxWait: 0 })).rejects.toMatchObject({ code: 'wait-timeout' })
    await clock.advance(15_000)
    silent = false
    await until('backoff')
    expect(socket.getSnapshot().lastFailure?.code).toBe('silent')
    await clock.advance(1_000)
    await until('open')
    expect(server.messages).toEqual([{ op: 'a' }, { op: 'a' }])
    await socket.subscribe({ op: 'a' })
  })
})

describe('P12 nobody is hurt', () => {
  it('by what a closed socket leaves behind: nothing on the session, nor on the signal of a caller', async () => {
    const { clock, session } = sessionRig()
    const { url } = await loopbackServer()
    let followers = 0
    const counted = <T>(source: Observable<T>): Observable<T> =>
      new Observable((subscriber) => {
        followers += 1
        const following = source.subscribe(subscriber)
        return () => {
          followers -= 1
          following.unsubscribe()
        }
      })
    const socket = tokenSocket<Message>(
      {
        account: session.account,
        peekToken: () => session.peekToken(),
        getToken: (options) => session.getToken(options),
        reportRejected: (token) => session.reportRejected(token),
        getSnapshot: () => session.getSnapshot(),
        status$: counted(session.status$),
        events$: counted(session.events$),
      },
      { url, clock },
    )
    // Two of the socket, two of its wait for a token.
    expect(followers).toBe(4)
    const { signal } = new AbortController()
    const sending = socket.send({ op: 'a' }, { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await clock.settleUntil(() => socket.getSnapshot().state === 'open')
    await sending
    expect([followers, getEventListeners(signal, 'abort').length]).toEqual([2, 0])
    const closed = socket.close()
    await clock.settleUntil(() => socket.getSnapshot().state === 'closed')
    await closed
    expect(followers).toBe(0)
  })

  it('by a subscriber that throws, or by one of an operator that does', async () => {
    const { server, socket, news, faults, clock, until } = await rig()
    const broken = new Error('broken')
    const fail = (): never => {
      throw broken
    }
    socket.status$.subscribe(fail)
    socket.messages$.subscribe(fail)
    socket.messages$.subscribe({ next: fail, complete: fail })
    await until('open')
    server.sockets[0]?.send('1')
    server.sockets[0]?.send('2')
    await clock.settleUntil(() => news.length === 2)
    // At once, connecting, open; twice each message.
    expect(faults).toEqual(Array.from({ length: 7 }, () => broken))
    await socket.close()
    expect(faults).toHaveLength(9)
  })

  it('by one that comes after operators, or by an operator that throws', async () => {
    const { server, socket, news, faults, clock, until } = await rig()
    const broken = new Error('broken')
    const fail = (): never => {
      throw broken
    }
    const told: unknown[] = []
    const same = socket.messages$.pipe(map((message) => message))
    same.subscribe(fail)
    same.pipe(map(fail)).subscribe()
    same.pipe(map(fail)).subscribe({ error: (error) => void told.push(error) })
    await until('open')
    server.sockets[0]?.send('1')
    server.sockets[0]?.send('2')
    await clock.settleUntil(() => news.length === 2)
    // Each message by the first; once by the second, which has ended with it.
    expect([faults, told]).toEqual([[broken, broken, broken], [broken]])
  })

  it('by one that closes it, or that uses it while it is told', async () => {
    const { server, socket, clock, until } = await rig({ socket: { acknowledges } })
    const sent: Promise<void>[] = []
    socket.status$.subscribe(({ state }) => {
      if (state === 'open') sent.push(socket.send({ op: 'a' }))
    })
    socket.messages$.subscribe(() => void socket.close())
    await until('open')
    await Promise.all(sent)
    await clock.settleUntil(() => server.messages.length === 1)
    server.sockets[0]?.send('1')
    await until('closed')
    expect(server.messages).toEqual([{ op: 'a' }])
  })

  it('by functions of its own that throw', async () => {
    const broken = new Error('broken')
    const fail = (): never => {
      throw broken
    }
    const { server, news, faults, clock, until } = await rig({ socket: { acknowledges: fail } })
    await until('open')
    server.sockets[0]?.send('{"a":1}')
    await clock.settleUntil(() => news.length === 1)
    expect([news, faults]).toEqual([[{ a: 1 }], [broken]])
    const other = await rig({ socket: { read: fail } })
    await other.until('open')
    other.server.sockets[0]?.send('text')
    await other.clock.settleUntil(() => other.news.length === 1)
    expect([other.news, other.faults]).toEqual([['text'], [broken]])
  })

  it('by a reporter that throws', async () => {
    const { socket, news, server, clock, until } = await rig({
      socket: {
        onListenerError() {
          throw new Error('worse')
        },
      },
    })
    socket.status$.subscribe(() => {
      throw new Error('broken')
    })
    await until('open')
    server.sockets[0]?.send('1')
    await clock.settleUntil(() => news.length === 1)
    expect(news).toEqual([1])
  })
})

describe('options', () => {
  it.for([
    ['url', { url: 'http://127.0.0.1' }],
    ['url', { url: 'streamer.example.com' }],
    ['url', { url: 'ws://streamer.example.com' }],
    ['url', { url: 'wss://name@streamer.example.com' }],
    ['url', { url: 'wss://:word@streamer.example.com' }],
    ['url', { url: 'wss://streamer.example.com/#there' }],
    ['connectTimeout', { connectTimeout: 0 }],
    ['answerTimeout', { answerTimeout: Number.POSITIVE_INFINITY }],
    ['heartbeat.interval', { heartbeat: { message: { op: 'beat' }, interval: -1 } }],
    ['message', { subscriptions: [{ op: 1n }] }],
    ['retries', { retries: 3 }],
  ] as const)('that cannot be used are refused: %s', ([option, options]) => {
    const { session, clock } = sessionRig()
    const start = () => tokenSocket(session, { url: 'wss://streamer.example.com', clock, ...(options as object) })
    expect(start).toThrow(expect.objectContaining({ code: 'invalid-options', details: { option } }) as Error)
    expect(clock.pending).toBe(0)
  })

  it.for(['ws://localhost/', 'ws://[::1]/', 'ws://127.0.0.1/', 'wss://example.com/a?b=c'])('take %s', async (url) => {
    const { session } = sessionRig()
    const urls: string[] = []
    class Nowhere extends WebSocket {
      constructor(asked: string) {
        super('ws://127.0.0.1:9')
        urls.push(asked)
      }
    }
    const socket = tokenSocket(session, { url, WebSocket: Nowhere })
    await expect.poll(() => urls).toEqual([url])
    await socket.close()
  })
})
