import { plantCanaries, type Canaries } from '@evergrant/testing'
import {
  assert,
  asyncProperty,
  constant,
  constantFrom,
  dictionary,
  oneof,
  record,
  string,
  webQueryParameters,
  json,
  integer,
  option,
  tuple,
  array,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { whole } from '../../../tools/extent.ts'
import { cases } from '../../core/test/support/fuzz.ts'
import { PROBLEM_CODES } from '../src/http/problem.ts'
import { ORIGIN, openRig, type Rig } from './support/rig.ts'

/** Requests of the whole room are counted in this test; each of the runs makes some. */
const RUNS = whole ? 2_500 : 500
const PER_RUN = 4

const PATHS = [
  '/api/v1/token',
  '/api/v1/credentials',
  '/api/v1/credentials/anna',
  '/api/v1/credentials/{x}',
  '/api/v1/status',
  '/api/v1/events',
  '/api/v1/accounts',
  '/api/v1/balances',
  '/api/v1/positions',
  '/api/v1/keys',
  '/api/v1/keys/{x}',
  '/api/v1/proxy/{x}',
  '/api/v1/proxy/customers/me',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/{x}',
]
const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']
const NAMES = ['account', 'account_id', 'min_ttl', 'rejected', 'limit', 'after', 'revoke', 'x']
const VALUES = [
  'anna',
  'bert',
  'nobody',
  '__proto__',
  'constructor',
  '../anna',
  '',
  '0',
  '-1',
  '1e9',
  '999999999',
  '9EV00001',
  'true',
  '%00',
]
const HEADERS = [
  'x-evergrant-account',
  'x-api-key',
  'content-length',
  'x-forwarded-for',
  'cookie',
  'range',
  'accept',
  'if-none-match',
  'content-encoding',
]

const anyText = oneof(string({ maxLength: 20 }), string({ unit: 'binary', maxLength: 10 }), constantFrom(...VALUES))
const anyQuery = oneof(
  array(tuple(constantFrom(...NAMES), anyText), { maxLength: 4 }).map(
    (pairs) => `?${new URLSearchParams(pairs).toString()}`,
  ),
  webQueryParameters().map((query) => `?${query}`),
  constant(''),
)
const field = oneof(
  constantFrom('anna', 'test-secret-value', 'x'),
  json().map((text) => JSON.parse(text) as unknown),
)
const anyBody = oneof(
  record(
    { account: field, client_id: field, client_secret: field, refresh_token: field, untried: field },
    { requiredKeys: [] },
  ).map((body) => JSON.stringify(body)),
  record(
    {
      name: field,
      scopes: oneof(field, constant(['token'])),
      accounts: oneof(field, constant('*')),
      expires_at: field,
    },
    { requiredKeys: [] },
  ).map((body) => JSON.stringify(body)),
  json(),
  string({ maxLength: 50 }),
)
const anyRequest = record({
  method: constantFrom(...METHODS),
  path: tuple(constantFrom(...PATHS), oneof(anyText, constantFrom('%2e%2e%2f', '..%5c', '//x', 'a%0d%0ab'))),
  query: anyQuery,
  key: integer({ min: 0, max: 5 }),
  type: constantFrom('application/json', 'text/plain', 'application/json; charset=x', ''),
  body: option(anyBody),
  headers: dictionary(
    constantFrom(...HEADERS),
    oneof(constantFrom('anna', '..', '0', '*', 'bytes=0-'), string({ maxLength: 8 })),
    { maxKeys: 2 },
  ),
})

type AnyRequest = typeof anyRequest extends { generate: never }
  ? never
  : Parameters<Parameters<typeof anyRequest.map>[0]>[0]

/** As a client could send it; `null` for what cannot be a request at all. */
function requestOf(
  { method, path, query, key, type, body, headers }: AnyRequest,
  keys: readonly string[],
): Request | null {
  const [pattern, x] = path
  try {
    const all = new Headers(headers)
    const text = keys[key]
    if (text !== undefined && !all.has('x-api-key')) all.set('authorization', `Bearer ${text}`)
    if (type !== '') all.set('content-type', type)
    const withBody = body !== null && !['GET', 'HEAD'].includes(method)
    return new Request(`${ORIGIN}${pattern.replace('{x}', x)}${query}`, {
      method,
      headers: all,
      ...(withBody ? { body } : {}),
    })
  } catch {
    return null
  }
}

async function openFuzzRig(canaries: Canaries): Promise<{ rig: Rig; keys: readonly string[] }> {
  const limits = { requestsPerMinute: 1_000_000, unauthenticatedPerMinute: 1_000_000 }
  const rig = await openRig({ keeper: { limits, policy: { loginBudget: 1_000_000 } } })
  await rig.post('anna')
  await rig.post('bert', rig.fake.createGrant())
  const keys = [
    await rig.key(['token', 'proxy'], ['anna']),
    await rig.key(['token', 'proxy'], ['anna', 'bert']),
    await rig.key(['metrics'], '*'),
    await rig.key(['admin'], ['nobody']),
  ]
  const { clientSecret } = rig.fake.credentials
  // What it has of its own: it begins as every token of the fake does.
  const refreshToken = rig.fake.credentials.refreshToken.slice(-40)
  for (const [name, secret] of Object.entries({ clientSecret, refreshToken })) canaries.note(name, secret)
  keys.forEach((key, place) => canaries.note(`key ${place}`, key.slice(17)))
  return { rig, keys }
}

describe('thousands of requests of any kind', () => {
  it('get no 500, no answer that is not ours, and no secret', async () => {
    const canaries = plantCanaries()
    const { rig, keys } = await openFuzzRig(canaries)
    const statuses = new Map<number, number>()
    let sent = 0

    async function check(asked: AnyRequest): Promise<void> {
      const request = requestOf(asked, keys)
      if (request === null) return
      sent += 1
      const answer = await rig.soon(Promise.resolve(rig.keeper.fetch(request)))
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.headers.get('content-type') === 'text/event-stream') {
        await answer.body?.cancel()
        return
      }
      const text = await answer.text()
      const seen = text + JSON.stringify([...answer.headers])
      expect(canaries.find(seen)).toEqual([])
      if (answer.headers.has('x-evergrant-upstream')) return
      expect(answer.status).not.toBe(500)
      if (answer.status < 400 || request.method === 'HEAD') return
      const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
      expect(PROBLEM_CODES).toContain(problem['code'])
      expect(problem).toMatchObject({
        type: `urn:evergrant:problem:${problem['code'] as string}`,
        status: answer.status,
        title: expect.any(String),
        detail: expect.any(String),
        help: expect.stringMatching(/./),
        request_id: expect.any(String),
      })
    }

    await assert(
      asyncProperty(array(anyRequest, { minLength: PER_RUN, maxLength: PER_RUN }), async (asked) => {
        for (const one of asked) await check(one)
      }),
      cases(RUNS),
    )
    expect(sent).toBeGreaterThan((RUNS * PER_RUN) / 2)
    // Else it would not have gone past the door.
    for (const status of [200, 400, 401, 403, 404, 405]) expect([status, statuses.has(status)]).toEqual([status, true])
    expect(canaries.find(JSON.stringify(rig.audit))).toEqual([])
    await rig.keeper.dispose()
  })
})
