import { beforeAll, describe, expect, it } from 'vitest'
import { jsonBody, openRig, type Rig } from './support/rig.ts'

interface Operation {
  readonly security: readonly unknown[]
  readonly 'x-scopes'?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: unknown
}

interface Way {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const SCOPES = ['token', 'proxy', 'admin', 'metrics'] as const
const BODIES: Readonly<Record<string, object>> = {
  '/api/v1/credentials': { account: 'anna', client_secret: 'test-secret', refresh_token: 'test-token' },
  '/api/v1/keys': { name: 'x', scopes: ['token'], accounts: ['anna'] },
}

/** All ways in, as the document of the keeper tells them. */
async function ways(rig: Rig): Promise<readonly Way[]> {
  const answer = await rig.ask(null, '/openapi.json')
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

function call(rig: Rig, way: Way, key: string | null, account: string): Promise<Response> {
  const path = way.path.replace('{account}', account).replace('{id}', 'AAAAAAAAAAAA').replace('{path}', 'customers/me')
  const query = way.operation.parameters?.some((one) => one.in === 'query' && one.name === 'account')
  const number = way.operation.parameters?.some(({ name }) => name === 'account_id') ? '&account_id=9EV00001' : ''
  const body = BODIES[way.path]
  const init: RequestInit =
    way.operation.requestBody === undefined ? { method: way.method } : jsonBody({ ...body, account }, way.method)
  if (way.path === '/api/v1/keys' && way.method === 'POST') Object.assign(init, jsonBody(body))
  const headers = new Headers(init.headers)
  headers.set('x-evergrant-account', account)
  return rig.ask(key, `${path}${query === true ? `?account=${account}${number}` : ''}`, { ...init, headers })
}

async function refusal(answer: Response): Promise<string> {
  const body: unknown = answer.headers.get('content-type') === 'application/problem+json' ? await answer.json() : null
  return `${answer.status} ${(body as { code?: string } | null)?.code ?? ''}`
}

describe('every way in', async () => {
  await using rig = await openRig()
  const all = await ways(rig)
  const closed = all.filter(({ operation }) => operation.security.length > 0)

  it('is known', () => {
    expect(all.map(({ method, path }) => `${method} ${path}`).toSorted()).toMatchSnapshot()
    expect(closed).toHaveLength(all.length - 4)
  })

  describe.each(closed)('$method $path', (way) => {
    let fresh: Rig
    beforeAll(async () => {
      fresh = await openRig({ keeper: { limits: { unauthenticatedPerMinute: 100_000 } } })
      await fresh.post('anna')
      await fresh.post('bert', fresh.fake.createGrant())
      return async () => fresh.keeper.dispose()
    })

    it('is closed without a key, and to one that is unknown, revoked or expired', async () => {
      const revoked = await fresh.keeper.keys.create({ name: 'x', scopes: SCOPES, accounts: '*' })
      await fresh.keeper.keys.revoke(revoked.id)
      const expired = await fresh.keeper.keys.create({
        name: 'x',
        scopes: SCOPES,
        accounts: '*',
        expiresAt: fresh.clock.now() + 1,
      })
      await fresh.clock.advance(1)
      const requests = fresh.fake.requests.length
      expect(await refusal(await call(fresh, way, null, 'anna'))).toBe('401 key-missing')
      expect(await refusal(await call(fresh, way, `egk_AAAAAAAAAAAA_${'A'.repeat(43)}`, 'anna'))).toBe(
        '401 key-unknown',
      )
      expect(await refusal(await call(fresh, way, revoked.key.reveal(), 'anna'))).toBe('401 key-revoked')
      expect(await refusal(await call(fresh, way, expired.key.reveal(), 'anna'))).toBe('401 key-expired')
      expect(fresh.fake.requests).toHaveLength(requests)
    })

    it('is closed to a key without the scope', async () => {
      const needed = way.operation['x-scopes'] ?? SCOPES
      const others = SCOPES.filter((scope) => !needed.includes(scope))
      if (others.length === 0) return
      const requests = fresh.fake.requests.length
      const answer = await call(fresh, way, await fresh.key(others), 'anna')
      expect(await refusal(answer)).toBe('403 scope-missing')
      expect(fresh.fake.requests).toHaveLength(requests)
    })

    it('is closed to the key of another account, whether that exists or not', async () => {
      const key = await fresh.key(SCOPES, ['bert'])
      const requests = fresh.fake.requests.length
      if (way.path === '/api/v1/credentials' && way.method === 'GET') {
        expect(await (await call(fresh, way, key, 'anna')).text()).not.toContain('anna')
        return
      }
      if (way.path === '/metrics') {
        expect(await (await call(fresh, way, key, 'anna')).text()).not.toMatch(/anna|bert/)
        return
      }
      expect(await refusal(await call(fresh, way, key, 'anna'))).toBe('403 account-not-allowed')
      expect(await refusal(await call(fresh, way, key, 'nobody'))).toBe('403 account-not-allowed')
      expect(fresh.fake.requests).toHaveLength(requests)
    })

    it('is open to the key that is for it', async () => {
      const answer = await fresh.soon(call(fresh, way, await fresh.key(SCOPES), 'anna'))
      expect([401, 403]).not.toContain(answer.status)
      await answer.body?.cancel()
    })
  })

  it('is closed to other methods, and there is nothing elsewhere', async () => {
    const wrong = await rig.ask(null, '/api/v1/token', { method: 'POST' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('GET')
    expect(await refusal(await rig.ask(null, '/api/v1/nothing'))).toBe('404 not-found')
    expect(await refusal(await rig.ask(null, '/'))).toBe('404 not-found')
  })
})
