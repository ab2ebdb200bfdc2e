import { memoryStore, type TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { keeperKeys, KeeperError } from '../src/index.ts'
import { keeperStore } from '../src/keeper-store.ts'
import { createKeyCache } from '../src/keys/key-cache.ts'
import { countReads } from './support/count-reads.ts'
import { jsonBody, openRig } from './support/rig.ts'
import { withoutWatch } from './support/without-watch.ts'

const SEALING = { key: '7b'.repeat(32) } as const

describe('an API key', () => {
  it('is stored as a hash, and sealed', async () => {
    const store = memoryStore()
    const keys = keeperKeys({ store, sealing: SEALING })
    const { key, id } = await keys.create({ name: 'the rebalancer', scopes: ['token'], accounts: ['anna'] })
    expect(key.reveal()).toMatch(new RegExp(`^egk_${id}_[\\w-]{43}$`))
    expect(String(key)).toBe('[secret]')
    const stored = JSON.stringify(await store.read(`keeper/key/${id}`))
    expect(stored).not.toContain(key.reveal().slice(17))
    expect(stored).not.toContain('rebalancer')
    const opened = JSON.stringify(await keeperStore(store, SEALING).read(`keeper/key/${id}`))
    expect(opened).toContain('rebalancer')
    expect(opened).not.toContain(key.reveal().slice(17))
  })

  it('is made, listed and revoked over HTTP, and shown once', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const admin = await rig.key(['admin'])
    const body = { name: 'a bot', scopes: ['token'], accounts: ['anna'], expires_at: '2026-03-02T15:30:00.000Z' }
    const created = await rig.ask(admin, '/api/v1/keys', jsonBody(body))
    expect(created.status).toBe(201)
    const { key, id, ...rest } = (await created.json()) as Record<string, string>
    expect(rest).toEqual({ ...body, created_at: '2026-03-02T14:30:00.000Z', revoked_at: null })
    const listed = await (await rig.ask(admin, '/api/v1/keys')).text()
    expect(listed).toContain(id)
    expect(listed).not.toContain(key)
    expect((await rig.ask(key ?? '', '/api/v1/status?account=anna')).status).toBe(200)
    expect((await rig.ask(admin, `/api/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204)
    const refused = await rig.ask(key ?? '', '/api/v1/status?account=anna')
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 'key-revoked' })
    expect((await rig.ask(admin, `/api/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await rig.ask(admin, '/api/v1/keys/AAAAAAAAAAAA', { method: 'DELETE' })).status).toBe(404)
  })

  it('dies at its time', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const expiresAt = rig.clock.now() + 60_000
    const { key } = await rig.keeper.keys.create({ name: 'x', scopes: ['token'], accounts: '*', expiresAt })
    expect((await rig.ask(key.reveal(), '/api/v1/token?account=anna')).status).toBe(200)
    await rig.clock.advance(59_999)
    expect((await rig.ask(key.reveal(), '/api/v1/token?account=anna')).status).toBe(200)
    await rig.clock.advance(1)
    const refused = await rig.ask(key.reveal(), '/api/v1/token?account=anna')
    expect(await refused.json()).toMatchObject({ status: 401, code: 'key-expired' })
  })

  it('revoked elsewhere dies within five seconds, at once where the store tells of changes', async () => {
    for (const [store, bound] of [
      [withoutWatch(memoryStore()), 5_000],
      [memoryStore(), 0],
    ] as const) {
      await using rig = await openRig({ keeper: { store } })
      await rig.post('anna')
      const { key, id } = await rig.keeper.keys.create({ name: 'x', scopes: ['token'], accounts: '*' })
      expect((await rig.ask(key.reveal(), '/api/v1/token?account=anna')).status).toBe(200)
      await keeperKeys({ store, sealing: 'sealed-already', clock: rig.clock }).revoke(id)
      await rig.clock.advance(bound)
      expect((await rig.ask(key.reveal(), '/api/v1/token?account=anna')).status).toBe(401)
    }
  })

  it('that is known goes on for a minute while the store is away, and one that is not gives a problem', async () => {
    const inner = memoryStore()
    let away = false
    const store: TokenStore = {
      ...withoutWatch(inner),
      read: (key) => (away ? new Promise(() => undefined) : inner.read(key)),
    }
    await using rig = await openRig({ keeper: { store } })
    await rig.post('anna')
    const [key, other, operator] = [await rig.key(['token']), await rig.key(['token']), await rig.key(['metrics'])]
    for (const known of [key, operator]) await rig.ask(known, '/api/v1/status?account=anna')
    expect((await rig.ask(key, '/api/v1/token?account=anna')).status).toBe(200)
    away = true
    await rig.clock.advance(30_000)
    expect((await rig.soon(rig.ask(key, '/api/v1/token?account=anna'))).status).toBe(200)
    const unknown = await rig.soon(rig.ask(other, '/api/v1/token?account=anna'))
    expect(await unknown.json()).toMatchObject({ status: 503, code: 'store-unavailable' })
    const ready = await rig.soon(rig.ask(null, '/readyz'))
    expect(ready.status).toBe(503)
    const metrics = await rig.soon(rig.ask(operator, '/metrics'))
    expect(await metrics.text()).toContain('evergrant_login_budget_left')
    await rig.clock.advance(30_000)
    expect((await rig.soon(rig.ask(key, '/api/v1/token?account=anna'))).status).toBe(503)
    away = false
    expect((await rig.soon(rig.ask(key, '/api/v1/token?account=anna'))).status).toBe(200)
  })

  it('with a right id and a wrong secret is as unknown as any other', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    expect((await rig.ask(key, '/api/v1/token?account=anna')).status).toBe(200)
    const wrong = `${key.slice(0, -4)}${key.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
    for (const text of [wrong, `egk_AAAAAAAAAAAA_${'A'.repeat(43)}`, 'egk_', 'x', `${key}A`]) {
      const answer = await rig.ask(text, '/api/v1/token?account=anna')
      expect(await answer.json()).toMatchObject({ status: 401, code: 'key-unknown' })
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  it('comes in either header, and not as two different ones', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const [key, other] = [await rig.key(['token']), await rig.key(['token'])]
    const ask = async (headers: Record<string, string>) =>
      (await rig.ask(null, '/api/v1/token?account=anna', { headers })).status
    expect(await ask({ 'x-api-key': key })).toBe(200)
    expect(await ask({ authorization: `bearer ${key}` })).toBe(200)
    expect(await ask({ authorization: `Bearer ${key}`, 'x-api-key': key })).toBe(200)
    expect(await ask({ authorization: 'Basic dGVzdDp0ZXN0', 'x-api-key': key })).toBe(200)
    expect(await ask({ authorization: `Bearer ${key}`, 'x-api-key': other })).toBe(400)
    expect(await ask({ authorization: `Basic ${key}` })).toBe(401)
    expect((await rig.ask(null, `/api/v1/token?account=anna&api_key=${key}`)).status).toBe(401)
  })

  it('for some accounts manages no keys: it could make itself one for all', async () => {
    await using rig = await openRig()
    const key = await rig.key(['admin'], ['anna'])
    const body = { name: 'x', scopes: ['admin'], accounts: '*' }
    expect((await rig.ask(key, '/api/v1/keys', jsonBody(body))).status).toBe(403)
    expect((await rig.ask(key, '/api/v1/keys')).status).toBe(403)
    expect((await rig.ask(key, '/api/v1/keys/AAAAAAAAAAAA', { method: 'DELETE' })).status).toBe(403)
  })

  it('is compared once, and a store is asked once for all who send it at the same time', async () => {
    const clock = new VirtualClock()
    const { store, reads } = countReads(withoutWatch(memoryStore()))
    const { key } = await keeperKeys({ store, sealing: 'sealed-already', clock }).create({
      name: 'x',
      scopes: ['token'],
      accounts: '*',
    })
    const cache = createKeyCache(store, clock)
    const found = await Promise.all(Array.from({ length: 10 }, () => cache.find(key.reveal())))
    expect(found.every((one) => typeof one === 'object')).toBe(true)
    expect(reads()).toBe(1)
    expect(cache.known(key.reveal())).toBe(found[0])
    await clock.advance(5_000)
    expect(cache.known(key.reveal())).toBeUndefined()
  })

  it('revoked while it is looked up is looked up again', async () => {
    const clock = new VirtualClock()
    const inner = memoryStore()
    const keys = keeperKeys({ store: inner, sealing: 'sealed-already', clock })
    const { key, id } = await keys.create({ name: 'x', scopes: ['token'], accounts: '*' })
    const store: TokenStore = {
      ...withoutWatch(inner),
      watch: (name, changed) => inner.watch?.(name, changed) ?? { [Symbol.dispose]: () => undefined },
      async read(name) {
        const entry = await inner.read(name)
        await keys.revoke(id)
        await clock.settle()
        return entry
      },
    }
    const cache = createKeyCache(store, clock)
    await cache.find(key.reveal())
    expect(await cache.find(key.reveal())).toBe('key-revoked')
    cache.end()
  })

  it('is not made of what makes no sense', async () => {
    const keys = keeperKeys({ store: memoryStore(), sealing: 'sealed-already' })
    const good = { name: 'x', scopes: ['token'], accounts: '*' } as const
    const bad = [
      { ...good, name: '' },
      { ...good, name: 'line\nbreak' },
      { ...good, scopes: [] },
      { ...good, accounts: ['../x'] },
      { ...good, expiresAt: 1 },
    ]
    for (const options of bad) await expect(keys.create(options)).rejects.toMatchObject({ code: 'invalid-options' })
    await expect(keys.revoke('AAAAAAAAAAAA')).rejects.toThrow(KeeperError)
  })
})
