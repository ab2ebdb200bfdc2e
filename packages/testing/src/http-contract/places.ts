import { deepStrictEqual, equal, ok, rejects } from 'node:assert/strict'
import { isInvalidOptions } from '@evergrant/core'
import { json, redirect, refuse } from './answers.ts'
import { failureOf, tells, type HttpCase } from './cases.ts'
import type { HttpRig } from './rig.ts'
import type { HttpAnswer, HttpSubject } from './subject.ts'

const REDIRECTS = [301, 302, 303, 307, 308]
// Leads to loopback on Linux and macOS, and is no loopback address by name, so it stands for one of the network.
const UNKNOWN_HOST = '0.0.0.0'

/** Where the token goes. */
export function describePlaces(test: HttpCase, subject: HttpSubject): void {
  for (const status of REDIRECTS) {
    test(`P11 a redirect (${status}) to another origin is followed without the token`, async (rig) => {
      const { abilities, api, call } = rig
      const elsewhere = await rig.openServer((request) => json(request, 200))
      rig.answer = (request) => redirect(request, status, `${elsewhere.url}/there`)
      const answer = await call({ url: '/here' })
      equal(api.arrived.length, 1)
      if (!abilities.redirects) return equal(answer.status, status)
      equal(answer.status, 200)
      equal(elsewhere.arrived[0]?.path, '/there')
      deepStrictEqual(
        elsewhere.arrived.map(({ headers }) => headers.authorization),
        [undefined],
      )
    })
  }

  test('P10 a refusal at another origin says nothing of the token, which was not there', async (rig) => {
    const { abilities, desk, call } = rig
    if (!abilities.redirects) return
    const elsewhere = await rig.openServer(refuse)
    rig.answer = (request) => redirect(request, 302, `${elsewhere.url}/there`)
    equal((await call({})).status, 401)
    equal(elsewhere.arrived.length, 1)
    equal(desk.requests.length, 1)
  })

  test('a redirect within the origin takes the token along, and a refusal there counts', async (rig) => {
    const { abilities, desk, call } = rig
    if (!abilities.redirects) return
    rig.answer = (request) => {
      if (request.path === '/here') redirect(request, 307, '/there')
      else if (request.token === desk.issued[0]) refuse(request)
      else json(request, request.token === desk.issued[1] ? 200 : 500)
    }
    equal((await call({ url: '/here' })).status, 200)
    equal(desk.requests.length, 2)
  })

  test('P11 another origin gets no token', async (rig) => {
    const { abilities, desk, call } = rig
    const elsewhere = await rig.openServer((request) => json(request, 200))
    const url = `${elsewhere.url}/thing`
    if (abilities.foreign === 'refused') {
      ok(tells(await failureOf(call({ url })), 'foreign-origin'), 'foreign-origin')
      equal(elsewhere.arrived.length, 0)
    } else {
      equal((await call({ url, headers: { authorization: 'Basic made-up' } })).status, 200)
      equal((await call({ url })).status, 200)
      deepStrictEqual(
        elsewhere.arrived.map(({ headers }) => headers.authorization),
        ['Basic made-up', undefined],
      )
    }
    equal(desk.requests.length, 0)
  })

  test('P11 the token goes to the origins that are named, in place of that of the API', async (rig) => {
    const { abilities, api, desk, createClient } = rig
    const named = await rig.openServer((request) => json(request, 200))
    const one = await createClient({ origins: [named.url] })
    equal((await one.call({ method: 'GET', url: `${named.url}/thing` })).status, 200)
    equal(named.arrived[0]?.token, desk.issued[0])
    const other = one.call({ method: 'GET', url: `${api.url}/thing` })
    if (abilities.foreign === 'refused') ok(tells(await failureOf(other), 'foreign-origin'), 'foreign-origin')
    else equal((await other).status, 200)
    ok(
      api.arrived.every(({ token }) => token === null),
      'no token',
    )
  })

  test(
    'P11 plain http is refused outside of loopback',
    async (rig) => {
      const { api, session } = rig
      const url = `http://${UNKNOWN_HOST}:${api.port}`
      await rejects(async () => void (await subject.client(session, { origins: [url] })), isInvalidOptions)
      await failureOf(openCall(rig, `${url}/thing`))
      equal(api.arrived.length, 0)
    },
    { apiBaseUrl: false },
  )
}

/** Fails with its client, or else by itself. */
async function openCall({ createClient }: HttpRig, url: string): Promise<HttpAnswer> {
  const client = await createClient()
  return client.call({ method: 'GET', url })
}
