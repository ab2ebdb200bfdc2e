import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries } from '@evergrant/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { auditFile, createKeeper, keeperKeys } from '../src/index.ts'
import { jsonBody, openRig, type Rig } from './support/rig.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evergrant-keeper-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEYS = [{ key: '7b'.repeat(32) }, { key: '8c'.repeat(32), previousKeys: ['7b'.repeat(32)] }] as const

function withKey(request: Request, key: string): Request {
  request.headers.set('x-api-key', key)
  return request
}

/** Walks every way that credentials can take, good and bad, and gives all that could be seen of it. */
async function walk(rig: Rig, secrets: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const key = await rig.key(['admin', 'token', 'proxy', 'metrics'])
  const ask = async (target: string, init: RequestInit = {}) => {
    const answer = await rig.soon(rig.ask(key, target, init))
    seen.push(
      answer.status,
      [...answer.headers],
      answer.headers.get('content-type') === 'text/event-stream' ? '' : await answer.text(),
    )
    await answer.body?.cancel().catch(() => undefined)
  }
  const posted = jsonBody({ account: 'anna', client_secret: secrets['secret'], refresh_token: secrets['refresh'] })
  for (const fault of [
    'echo-secrets',
    'garbage',
    'wrong-shape',
    'edge-html',
    'client-secret-mismatch',
    'redirect',
  ] as const) {
    rig.fake.fail(fault)
    await ask('/api/v1/credentials', posted)
    await rig.clock.advance(600_000)
  }
  rig.fake.heal()
  await ask('/api/v1/credentials', { ...posted, body: `{"client_secret":"${secrets['secret']}` })
  await ask('/api/v1/credentials', jsonBody({ account: 'anna', [secrets['secret'] ?? '']: secrets['refresh'] }))
  await ask(`/api/v1/credentials?after=${encodeURIComponent(secrets['secret'] ?? '')}&limit=x`)
  await ask(
    '/api/v1/credentials',
    jsonBody({ account: 'anna', client_secret: secrets['secret'], refresh_token: secrets['refresh'], untried: true }),
  )
  await ask('/api/v1/token?account=anna')
  await ask('/api/v1/status?account=anna')
  await ask('/api/v1/status')
  await ask('/api/v1/credentials')
  await ask('/api/v1/events?account=anna')
  await ask('/api/v1/proxy/customers/me', { headers: { 'x-evergrant-account': 'anna' } })
  await ask('/metrics')
  seen.push(rig.audit, rig.keeper, inspect(rig.keeper, { depth: 6, showHidden: true }))
  return seen
}

describe('a secret', () => {
  it('is seen in no answer, no problem, no metric, no audit entry, no log', async () => {
    const canaries = plantCanaries()
    const secrets = { secret: canaries.plant('client secret'), refresh: canaries.plant('refresh token') }
    const printed: unknown[] = []
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...parts) => void printed.push(parts)),
    )
    await using rig = await openRig({ keeper: { policy: { loginBudget: 100 } } })
    const seen = await walk(rig, secrets)
    for (const spy of spies) spy.mockRestore()
    expect(seen.length).toBeGreaterThan(40)
    expectNoCanary(seen, canaries)
    expect(printed).toEqual([])
  })

  it('is in no file of the store, and keys can be replaced', async () => {
    const canaries = plantCanaries()
    const path = join(folder, 'store')
    const fake = fakeTastytrade()
    canaries.note('client secret', fake.credentials.clientSecret)
    canaries.note('refresh token', fake.credentials.refreshToken)
    for (const sealing of KEYS) {
      const store = fileStore(path)
      await using keeper = createKeeper({ provider: tastytrade({ fetch: fake.fetch }), store, sealing })
      const { key } = await keeper.keys.create({ name: 'x', scopes: ['admin', 'token'], accounts: '*' })
      canaries.note('API key', key.reveal().slice(17))
      const ask = (target: string, init: RequestInit = {}) =>
        keeper.fetch(withKey(new Request(`http://x.test${target}`, init), key.reveal()))
      const { clientSecret, refreshToken } = fake.credentials
      const body = jsonBody({ account: 'anna', client_secret: clientSecret, refresh_token: refreshToken })
      const first = sealing === KEYS[0]
      if (first) expect((await ask('/api/v1/credentials', body)).status).toBe(201)
      const token = await ask('/api/v1/token?account=anna')
      expect(token.status).toBe(200)
      canaries.note('access token', ((await token.json()) as { access_token: string }).access_token)
      const raw = readFileSync(path, 'latin1')
      expect(raw).toContain('grant/anna')
      expect(canaries.find(raw)).toEqual([])
    }
    const withNewKeyAlone = keeperKeys({ store: fileStore(path), sealing: { key: KEYS[1].key } })
    // What the old key sealed and nobody has written since is still the old key's.
    await expect(withNewKeyAlone.list()).rejects.toMatchObject({ code: 'store-corrupt' })
  })

  it('is never stored plain by accident', () => {
    const options = { provider: tastytrade(), store: memoryStore() }
    expect(() => createKeeper(options as never)).toThrow('sealing')
    expect(() => createKeeper({ ...options, sealing: { key: 'short' } })).toThrow('key')
  })
})

describe('the audit log', () => {
  it('has a line for each request, good or bad, and is the owner’s alone', async () => {
    const path = join(folder, 'audit')
    writeFileSync(path, '', { mode: 0o644 })
    const file = auditFile(path)
    const rig = await openRig({ keeper: { audit: file.audit } })
    await rig.post('anna')
    const key = await rig.key(['token'], ['anna'])
    await rig.ask(key, '/api/v1/token')
    await rig.ask(key, '/api/v1/token?account=bert')
    await rig.ask('test-no-key', '/api/v1/token?account=anna')
    await rig.ask(null, '/healthz')
    await rig.keeper.dispose()
    file[Symbol.dispose]()
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { action: 'POST /api/v1/credentials', account: 'anna', status: 201, problem: null, key: expect.any(String) },
      { action: 'GET /api/v1/token', account: 'anna', status: 200, problem: null, at: '2026-03-02T14:30:00.000Z' },
      { action: 'GET /api/v1/token', account: null, status: 403, problem: 'account-not-allowed' },
      { action: 'GET /api/v1/token', account: null, status: 401, problem: 'key-unknown', key: null },
    ])
    expect(lines.join()).not.toContain(key.slice(17))
    expect(lines.join()).not.toContain('test-no-key')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('that fails holds up nobody, and is counted', async () => {
    await using rig = await openRig({
      keeper: {
        audit: () => {
          throw new Error('The disk is full')
        },
      },
    })
    expect((await rig.post('anna')).status).toBe(201)
    const metrics = await rig.ask(await rig.key(['metrics']), '/metrics')
    expect(await metrics.text()).toMatch(/^evergrant_audit_failures_total 1$/m)
  })
})
