import { equal, ok } from 'node:assert/strict'
import { guarded, json } from './answers.ts'
import { failureOf, tells, type HttpCase } from './cases.ts'
import type { HttpRig } from './rig.ts'

const LATE = 31_000
const SHORT = 50

/** How a call ends before its answer: by an abort, at a limit, with the session. */
export function describeEndings(test: HttpCase): void {
  test('P12 an abort before the call sends nothing', async (rig) => {
    const { api, desk, call } = rig
    const reason = new Error('no patience')
    isAbort(rig, await failureOf(call({ signal: AbortSignal.abort(reason) })), reason)
    equal(api.arrived.length, 0)
    equal(desk.requests.length, 0)
  })

  test("P12 an abort during the wait for a token ends that caller's wait, and nothing else", async (rig) => {
    const { api, desk, call, until } = rig
    desk.mode = 'hold'
    const reason = new Error('no patience')
    const controller = new AbortController()
    const leaving = call({ url: '/leaving', signal: controller.signal })
    const staying = call({ url: '/staying' })
    await until('a token request', () => desk.requests.length === 1)
    controller.abort(reason)
    isAbort(rig, await failureOf(leaving), reason)
    equal(desk.requests[0]?.signal.aborted, false)
    desk.requests[0]?.grant()
    equal((await staying).status, 200)
    equal(desk.requests.length, 1)
    equal(api.arrived.length, 1)
  })

  test('P12 an abort during the request ends it', async (rig) => {
    const { api, call, until } = rig
    rig.answer = () => undefined
    const reason = new Error('no patience')
    const controller = new AbortController()
    const leaving = call({ signal: controller.signal })
    await until('the request', () => api.arrived.length === 1)
    controller.abort(reason)
    isAbort(rig, await failureOf(leaving), reason)
    await until('the end of the connection', () => api.arrived[0]?.left === true)
  })

  test('P12 an abort during the wait for the next token, after a refusal, ends that wait', async (rig) => {
    const { api, desk, call, session, until } = rig
    rig.answer = guarded((token) => token === desk.issued[0])
    await session.getToken()
    desk.mode = 'hold'
    const reason = new Error('no patience')
    const controller = new AbortController()
    const leaving = call({ url: '/leaving', signal: controller.signal })
    await until('a refresh', () => desk.requests.length === 2)
    controller.abort(reason)
    isAbort(rig, await failureOf(leaving), reason)
    equal(desk.requests[1]?.signal.aborted, false)
    desk.requests[1]?.grant()
    equal((await call({ url: '/next' })).status, 200)
    equal(api.arrived.filter(({ path }) => path === '/leaving').length, 1)
  })

  test('P12 an abort in the middle of an answer ends it', async (rig) => {
    const { api, call, soon, until } = rig
    rig.answer = ({ response }) => response.writeHead(200, { 'content-type': 'text/plain' }).write('the beginning')
    const controller = new AbortController()
    const answer = await call({ signal: controller.signal })
    const end = (async () => {
      for await (const _ of answer.chunks()) controller.abort(new Error('no patience'))
    })()
    const ended = await soon(
      'the end of the answer',
      end.then(
        () => 'whole',
        () => 'broken off',
      ),
    )
    equal(ended, 'broken off')
    await until('the end of the connection', () => api.arrived[0]?.left === true)
  })

  test('P12 a token that never comes ends the call at the limit of the session', async ({
    api,
    clock,
    desk,
    call,
    until,
  }) => {
    desk.mode = 'hold'
    const failed = failureOf(call({}))
    await until('a token request', () => desk.requests.length === 1)
    await clock.advance(LATE)
    const error = await failed
    ok(tells(error, 'wait-timeout') || tells(error, 'token-unavailable'), String(error))
    equal(api.arrived.length, 0)
  })

  test("P12 the library's own time limit covers the wait for a token", async (rig) => {
    const { abilities, api, desk, call, session, until } = rig
    desk.mode = 'hold'
    // Asked for before, so that the limit cannot come first.
    const token = session.getToken()
    await until('a token request', () => desk.requests.length === 1)
    await failureOf(call(abilities.timeLimit ? { timeLimit: SHORT } : { signal: AbortSignal.timeout(SHORT) }))
    equal(api.arrived.length, 0)
    equal(desk.requests[0]?.signal.aborted, false)
    desk.requests[0]?.grant()
    await token
    equal((await call({ url: '/next' })).status, 200)
    equal(desk.requests.length, 1)
  })

  test('P12 a session that has ended sends nothing, and the call says why', async ({ api, session, call }) => {
    await (await call({})).text()
    await session.dispose()
    ok(tells(await failureOf(call({})), 'disposed'), 'disposed')
    equal(api.arrived.length, 1)
  })

  test('a connection that breaks is no verdict on the token', async (rig) => {
    const { desk, call, session } = rig
    rig.answer = ({ response }) => response.destroy()
    await failureOf(call({ method: 'POST', body: 'text' }))
    rig.answer = (request) => json(request, 200)
    equal((await call({})).status, 200)
    equal(desk.requests.length, 1)
    equal(session.peekToken()?.value, desk.issued[0])
  })
}

function isAbort({ abilities: { isAbort: own } }: HttpRig, error: unknown, reason: Error): void {
  if (own === undefined) ok(error === reason, `the reason of the signal, not ${String(error)}`)
  else ok(own(error), `the library's own error for an abort, not ${String(error)}`)
}
