import { equal, ok } from 'node:assert/strict'
import { expectNoCanary } from '../canaries/find-canaries.ts'
import { EDGE_ANSWERS, json, refuse } from './answers.ts'
import type { Answering } from './api-server.ts'
import { outcomeOf, type HttpCase } from './cases.ts'
import type { HttpRig } from './rig.ts'
import type { HttpCall } from './subject.ts'

const TROUBLES: Readonly<Record<string, Answering>> = {
  ...EDGE_ANSWERS,
  'a 404': (request) => json(request, 404),
  'a 500': (request) => json(request, 500),
  'a connection that breaks': ({ response }) => response.destroy(),
  'an answer that breaks off': ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{', () => response.destroy())
  },
  'an answer that is no HTTP': ({ response }) => void response.socket?.end('nonsense\r\n\r\n'),
}

/** No secret is in what a call gives or throws. */
export function describeSecrets(test: HttpCase): void {
  for (const [name, answering] of Object.entries(TROUBLES)) {
    test(`P11 no secret is in what comes of ${name}`, async (rig) => {
      rig.answer = answering
      for (const call of [{ method: 'GET' }, { method: 'PUT', body: 'text' }, { method: 'POST', body: 'text' }]) {
        expectNoCanary(await outcome(rig, call), rig.canaries)
      }
      ok(
        rig.api.arrived.every(({ token }) => token !== null),
        'a token was sent',
      )
    })
  }

  for (const method of ['GET', 'PUT', 'POST']) {
    test(`P11 no secret is in what comes of a ${method} whose every token is refused`, async (rig) => {
      rig.answer = refuse
      const body = method === 'GET' ? {} : { body: 'text' }
      expectNoCanary(await outcome(rig, { method, ...body }), rig.canaries)
      equal(rig.api.arrived.length, method === 'POST' ? 1 : 2)
    })
  }

  test('P11 no secret is in the error of an abort', async (rig) => {
    rig.answer = () => undefined
    const controller = new AbortController()
    const seen = outcome(rig, { method: 'GET', signal: controller.signal })
    await rig.until('the request', () => rig.api.arrived.length === 1)
    controller.abort()
    expectNoCanary(await seen, rig.canaries)
  })

  test('P11 no secret is in the error of a time limit', async (rig) => {
    rig.answer = () => undefined
    await (
      await rig.createClient()
    )
      .raw?.({ method: 'HEAD', url: `${rig.api.url}/first`, signal: AbortSignal.timeout(1) })
      .catch(() => undefined)
    const limit = rig.abilities.timeLimit ? { timeLimit: 50 } : { signal: AbortSignal.timeout(50) }
    expectNoCanary(await outcome(rig, { method: 'GET', ...limit }), rig.canaries)
  })

  test('P11 no secret is in what a session without a token says', async (rig) => {
    rig.desk.mode = 'fail'
    const seen = outcome(rig, { method: 'GET' })
    await rig.until('a token request', () => rig.desk.requests.length === 1)
    await rig.clock.advance(31_000)
    expectNoCanary(await seen, rig.canaries)
    equal(rig.api.arrived.length, 0)
  })

  test('P11 no secret is in what comes of another origin', async (rig) => {
    await (await rig.call({})).text()
    const elsewhere = await rig.openServer(({ response }) => response.destroy())
    expectNoCanary(await outcome(rig, { method: 'GET', url: `${elsewhere.url}/thing` }), rig.canaries)
  })
}

/** What a program gets to see of a call. */
async function outcome({ api, createClient }: HttpRig, call: Partial<HttpCall>): Promise<unknown> {
  const client = await createClient()
  const whole = { method: 'GET', url: `${api.url}/thing`, ...call }
  return outcomeOf(client.raw(whole))
}
