import { createSession, memoryStore, type TokenSession, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGrant } from '../../../core/src/records/record.ts'
import { cases } from '../../../core/test/support/fuzz.ts'
import { tastytrade } from '../../src/tastytrade.ts'
import { anAnswer, isDefinitive, responseOf, type AnyAnswer } from '../support/any-answer.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CREDENTIALS = { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' }

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))

/** What a person or a bot does between two answers. */
interface Move {
  readonly answer: AnyAnswer
  readonly wait: number
  readonly asks: boolean
  readonly reports: boolean
}

const aMove: fc.Arbitrary<Move> = fc.record({
  answer: anAnswer,
  wait: fc.constantFrom(0, 1_000, MINUTE, 20 * MINUTE, 3 * HOUR),
  asks: fc.boolean(),
  reports: fc.boolean(),
})

/** A session at a server that answers with anything, and after that as it should. */
function setUp() {
  const clock = new VirtualClock()
  const store = memoryStore()
  const script: AnyAnswer[] = []
  const served: AnyAnswer[] = []
  const sent: Record<string, string>[] = []
  let issued = 0

  function soundAnswer(): Response {
    issued += 1
    const headers = { 'content-type': 'application/json', date: new Date(clock.server.now()).toUTCString() }
    return new Response(JSON.stringify({ access_token: `sound-${issued}`, expires_in: 86_400 }), { headers })
  }

  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    if (request.method === 'POST') sent.push((await request.json()) as Record<string, string>)
    const answer = script.shift()
    if (answer === undefined) return soundAnswer()
    served.push(answer)
    return responseOf(answer)
  }
  const open = () =>
    createSession({ provider: tastytrade({ fetch }), credentials: CREDENTIALS, clock, store, random: () => 0.5 })
  return { clock, store, script, served, sent, open }
}

/** The refresh tokens that the server has given out by now. */
function givenOut(served: readonly AnyAnswer[]): unknown[] {
  return served.flatMap(({ body }) => {
    try {
      return [(JSON.parse(new TextDecoder().decode(body)) as { refresh_token?: unknown } | null)?.refresh_token]
    } catch {
      return []
    }
  })
}

async function storedCredentials(store: TokenStore) {
  const entry = await store.read('grant/default')
  return entry === null ? null : parseGrant('grant/default', entry.value).credentials
}

const quietly = (promise: Promise<unknown>) => void promise.catch(() => undefined)

async function play(rig: ReturnType<typeof setUp>, session: TokenSession, moves: readonly Move[]): Promise<void> {
  const { clock, script, served } = rig
  for (const { answer, wait, asks, reports } of moves) {
    script.push(answer)
    if (asks) quietly(session.getToken())
    const token = session.peekToken()
    if (reports && token !== null) session.reportRejected(token)
    await clock.advance(wait)
    if (session.getSnapshot().state === 'revoked') expect(served.some(isDefinitive)).toBe(true)
  }
}

describe('a session that is answered with anything', () => {
  it('P7 P9 is revoked only for a definitive code, and its credentials stay whole', async () => {
    let revoked = 0
    await fc.assert(
      fc.asyncProperty(fc.array(aMove, { minLength: 1, maxLength: 8 }), async (moves) => {
        const rig = setUp()
        const session = rig.open()
        quietly(session.getToken())
        await play(rig, session, moves)
        if (session.getSnapshot().state === 'revoked') revoked += 1

        const known = [CREDENTIALS.refreshToken, ...givenOut(rig.served)]
        for (const { client_secret, refresh_token } of rig.sent) {
          expect(client_secret).toBe(CREDENTIALS.clientSecret)
          expect(known).toContain(refresh_token)
        }
        const stored = await storedCredentials(rig.store)
        if (stored !== null) expect(givenOut(rig.served)).toContain(stored.refreshToken)
        quietly(session.dispose())
        await rig.clock.advance(MINUTE)
        expect(unhandled).toEqual([])
      }),
      cases(120),
    )
    expect(revoked).toBeGreaterThan(5)
  })

  it('P12 has a token again once the server is sound, or says what has to be done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aMove, { minLength: 1, maxLength: 8 }), async (moves) => {
        const rig = setUp()
        const session = rig.open()
        quietly(session.getToken())
        await play(rig, session, moves)
        rig.script.length = 0

        const settledState = () => /^(?:valid|revoked)$/.test(session.getSnapshot().state)
        // As long as a server may ask it to wait.
        await rig.clock.advanceUntil(settledState, { limit: 25 * HOUR })
        if (session.getSnapshot().state === 'revoked') {
          expect(session.getSnapshot().lastFailure?.help).not.toBe('')
          quietly(session.setCredentials({ refreshToken: 'made-anew' }))
          await rig.clock.advanceUntil(() => session.getSnapshot().state === 'valid', { limit: HOUR })
        }
        const { usable } = session.getSnapshot()
        expect(usable).toBe(true)
        quietly(session.dispose())
        await rig.clock.advance(MINUTE)
      }),
      cases(80),
    )
  })

  it('P12 answers every caller within its bound', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aMove, { minLength: 1, maxLength: 8 }), fc.nat(60_000), async (moves, maxWait) => {
        const rig = setUp()
        const session = rig.open()
        let open = 0
        for (const { answer } of moves) {
          rig.script.push(answer)
          open += 1
          const close = () => void (open -= 1)
          session.getToken({ maxWait }).then(close, close)
          await rig.clock.advance(maxWait)
          await rig.clock.settle()
          expect(open).toBe(0)
        }
        quietly(session.dispose())
        await rig.clock.advance(MINUTE)
        expect(unhandled).toEqual([])
      }),
      cases(80),
    )
  })
})
