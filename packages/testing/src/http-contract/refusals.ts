import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { EDGE_ANSWERS, guarded, json, refuse } from './answers.ts'
import type { Arrived } from './api-server.ts'
import type { HttpCase } from './cases.ts'

const AT_ONCE = 50
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']
const OTHERS = ['POST', 'PATCH']

/** What a refusal of the token leads to. */
export function describeRefusals(test: HttpCase): void {
  test(`P10 ${AT_ONCE} refusals at once cost one refresh, and every call gets through`, async (rig) => {
    const { api, desk, call } = rig
    const early: Arrived[] = []
    rig.answer = (request) => {
      if (request.token !== desk.issued[0]) return json(request, 200)
      early.push(request)
      if (early.length === AT_ONCE) for (const one of early) refuse(one)
    }
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, count) => call({ url: `/${count}` })))
    deepStrictEqual(
      answers.map(({ status }) => status),
      Array(AT_ONCE).fill(200),
    )
    equal(desk.requests.length, 2)
    equal(api.arrived.length, 2 * AT_ONCE)
  })

  test('P10 a refusal that comes late, of an old token, starts no refresh', async (rig) => {
    const { api, desk, call, until } = rig
    const late: Arrived[] = []
    rig.answer = (request) => {
      if (request.token !== desk.issued[0]) json(request, 200)
      else if (request.path.startsWith('/late')) late.push(request)
      else refuse(request)
    }
    const get = call({ url: '/late-get' })
    const post = call({ url: '/late-post', method: 'POST', body: 'text' })
    await until('both late ones', () => late.length === 2)
    equal((await call({ url: '/early' })).status, 200)
    equal(desk.requests.length, 2)
    for (const request of late) refuse(request)
    deepStrictEqual([(await get).status, (await post).status], [200, 401])
    equal((await call({})).status, 200)
    equal(desk.requests.length, 2)
    equal(api.arrived.filter(({ token }) => token === desk.issued[1]).length, 3)
  })

  for (const method of IDEMPOTENT) {
    test(`P10 a refused ${method} is sent once more, with the next token`, async (rig) => {
      const { api, desk, call } = rig
      rig.answer = guarded((token) => token === desk.issued[0])
      equal((await call({ method })).status, 200)
      deepStrictEqual(
        api.arrived.map((request) => [request.method, request.token]),
        desk.issued.map((token) => [method, token]),
      )
      equal(desk.issued.length, 2)
    })
  }

  for (const method of OTHERS) {
    test(`P10 a refused ${method} is not sent again: its refusal is handed on, and the session is told`, async (rig) => {
      const { api, desk, call, until } = rig
      rig.answer = guarded((token) => token === desk.issued[0])
      const answer = await call({ method, body: 'an order' })
      equal(answer.status, 401)
      ok((await answer.text()).includes('unauthorized'), 'the answer can be read')
      await until('a refresh', () => desk.requests.length === 2)
      equal(api.arrived.length, 1)
      equal((await call({ method, body: 'an order' })).status, 200)
      equal(api.arrived[1]?.token, desk.issued[1])
    })
  }

  test('P10 repeats anything where the caller says so, and nothing where it says so', async (rig) => {
    const { api, desk, createClient, session } = rig
    rig.answer = guarded((token) => token !== session.peekToken()?.value || token === desk.issued[0])
    const always = await createClient({ replay: 'always' })
    equal((await always.call({ method: 'POST', url: `${api.url}/a`, body: 'an order' })).status, 200)
    deepStrictEqual(
      api.arrived.map(({ body }) => body.toString()),
      ['an order', 'an order'],
    )
    rig.answer = refuse
    const never = await createClient({ replay: 'never' })
    equal((await never.call({ method: 'GET', url: `${api.url}/b` })).status, 401)
    equal(api.arrived.filter(({ path }) => path === '/b').length, 1)
  })

  test('P10 a second refusal is handed to the caller, and is the last', async (rig) => {
    const { api, desk, call } = rig
    rig.answer = refuse
    const answer = await call({})
    equal(answer.status, 401)
    ok((await answer.text()).includes('unauthorized'), 'the answer can be read')
    deepStrictEqual(
      api.arrived.map(({ token }) => token),
      desk.issued.slice(0, 2),
    )
  })

  test('P10 a challenge that names the token is a refusal, whatever else the answer says', async (rig) => {
    const { desk, call } = rig
    rig.answer = (request) => {
      if (request.token !== desk.issued[0]) return json(request, 200)
      request.response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('<html>')
    }
    equal((await call({})).status, 200)
  })

  for (const [name, answering] of Object.entries(EDGE_ANSWERS)) {
    test(`P10 ${name} is no verdict on the token, and is handed on`, async (rig) => {
      const { api, desk, call, session } = rig
      rig.answer = answering
      const { status } = await call({})
      ok(status === 401 || status === 403, `${status}`)
      equal(api.arrived.length, 1)
      equal(desk.requests.length, 1)
      equal(session.peekToken()?.value, desk.issued[0])
    })
  }
}
