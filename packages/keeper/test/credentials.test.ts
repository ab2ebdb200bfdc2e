import { EvergrantError, memoryStore, type TokenStore } from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { jsonBody, openRig, type Rig } from './support/rig.ts'
import { withoutWatch } from './support/without-watch.ts'

/** Posts what is given, as an operator would. */
async function post(rig: Rig, body: Readonly<Record<string, unknown>>): Promise<Response> {
  return rig.soon(rig.ask(await rig.key(['admin']), '/api/v1/credentials', jsonBody(body)))
}

function bodyFor(fake: FakeTastytrade, account: string, grant = fake.grant) {
  return { account, client_secret: grant.clientSecret, refresh_token: fake.currentRefreshToken(grant) }
}

describe('posted credentials', () => {
  it('that the provider refuses change nothing, and the account goes on', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const stored = await rig.store.read('grant/anna')
    const dead = rig.fake.createGrant()
    rig.fake.revokeGrant(dead.refreshToken)
    const answer = await post(rig, bodyFor(rig.fake, 'anna', dead))
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ code: 'credentials-refused', reason: 'grant-revoked', account: 'anna' })
    expect(await rig.store.read('grant/anna')).toEqual(stored)
    const token = await rig.ask(await rig.key(['token']), '/api/v1/token?account=anna')
    expect(await token.json()).toMatchObject({ generation: 1 })
  })

  it('that the provider has refused are not sent again for a while, whoever posts them', async () => {
    await using rig = await openRig()
    const dead = rig.fake.createGrant()
    rig.fake.revokeGrant(dead.refreshToken)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await post(rig, bodyFor(rig.fake, `anna${attempt}`, dead))).status).toBe(422)
    }
    expect(rig.fake.tokenRequests).toBe(1)
    await rig.clock.advance(600_000)
    expect((await post(rig, bodyFor(rig.fake, 'anna', dead))).status).toBe(422)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('that nobody can judge now are not stored, and the answer says when to come again', async () => {
    await using rig = await openRig()
    rig.fake.fail('server-error', { status: 503, retryAfter: 120 })
    const answer = await post(rig, bodyFor(rig.fake, 'anna'))
    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(120)
    // Not that nothing is to be done: nobody tries them again by himself.
    expect(await answer.json()).toMatchObject({
      code: 'token-unavailable',
      help: expect.stringMatching(/^Post the same again/) as string,
    })
    rig.fake.fail('connection-reset')
    const cut = (await (await post(rig, bodyFor(rig.fake, 'anna'))).json()) as { code: string; help: string }
    expect(cut.code).toBe('token-unavailable')
    expect(cut.help).toMatch(/^Check the network.* Post the same again/)
    expect(await rig.store.read('grant/anna')).toBeNull()
    expect((await post(rig, bodyFor(rig.fake, 'anna'))).status).toBe(201)
  })

  it('are stored untried where that is asked for, and tried by the first who wants a token', async () => {
    await using rig = await openRig()
    const answer = await post(rig, { ...bodyFor(rig.fake, 'anna'), untried: true })
    expect(answer.status).toBe(202)
    expect(rig.fake.tokenRequests).toBe(0)
    const token = await rig.ask(await rig.key(['token']), '/api/v1/token?account=anna')
    expect(await token.json()).toMatchObject({ generation: 1 })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it.each([true, false])('hold nobody up after the store was away in the middle, untried: %s', async (untried) => {
    const inner = memoryStore()
    let failing = true
    const store: TokenStore = {
      ...inner,
      async read(key) {
        if (failing && key === 'grant/anna') {
          throw new EvergrantError('store-unavailable', {
            message: 'away',
            help: 'wait',
            details: { location: 'here' },
          })
        }
        return inner.read(key)
      },
    }
    await using rig = await openRig({ keeper: { store } })
    const body = { ...bodyFor(rig.fake, 'anna'), untried }
    expect((await post(rig, body)).status).toBe(503)
    failing = false
    const begun = rig.clock.monotonic()
    expect((await post(rig, body)).status).toBe(untried ? 202 : 201)
    expect(rig.clock.monotonic() - begun).toBe(0)
  })

  it('replace others at once for those who hold the account awake, also where the store tells of no changes', async () => {
    await using rig = await openRig({ keeper: { store: withoutWatch(memoryStore()) } })
    await rig.post('anna')
    const key = await rig.key(['token'])
    const before = (await (await rig.ask(key, '/api/v1/token?account=anna')).json()) as { access_token: string }
    const other = rig.fake.createGrant()
    expect((await post(rig, bodyFor(rig.fake, 'anna', other))).status).toBe(201)
    const after = (await (await rig.ask(key, '/api/v1/token?account=anna')).json()) as { access_token: string }
    expect(after.access_token).not.toBe(before.access_token)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it.each([
    ['tried', false, false],
    ['tried, and the client named', true, false],
    ['untried', false, true],
  ])('of a server that rotates may be posted again by whoever has lost the answer: %s', async (_, named, untried) => {
    await using rig = await openRig({ fake: { rotation: 'strict' } })
    const { clientId, clientSecret, refreshToken } = rig.fake.credentials
    const given = { account: 'anna', client_secret: clientSecret, refresh_token: refreshToken }
    const body = named ? { ...given, client_id: clientId } : given
    expect((await post(rig, body)).status).toBe(201)
    expect((await post(rig, { ...body, untried })).status).toBe(untried ? 202 : 201)
    const token = await rig.soon(rig.ask(await rig.key(['token']), '/api/v1/token?account=anna'))
    expect(await token.json()).toMatchObject({ generation: 2 })
  })

  it('are tried by one replica at a time, and the last that was posted counts', async () => {
    await using rig = await openRig()
    const grants = [rig.fake.createGrant(), rig.fake.createGrant(), rig.fake.createGrant()]
    const answers = await Promise.all(grants.map((grant) => post(rig, bodyFor(rig.fake, 'anna', grant))))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(rig.fake.peakOpen).toBe(1)
  })

  it('do not come out again', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['admin', 'token'])
    await rig.ask(key, '/api/v1/token?account=anna')
    for (const path of [
      '/api/v1/credentials',
      '/api/v1/credentials/anna',
      '/api/v1/status',
      '/api/v1/status?account=anna',
    ]) {
      const text = await (await rig.ask(key, path)).text()
      expect(text).toContain('anna')
      expect(text).not.toContain(rig.fake.credentials.refreshToken.slice(0, 40))
      expect(text).not.toContain(rig.fake.credentials.clientSecret)
    }
  })

  it('are listed page by page, those that were taken out left out', async () => {
    await using rig = await openRig()
    for (const account of ['anna', 'bert', 'cleo', 'dora']) await rig.post(account, rig.fake.createGrant())
    const key = await rig.key(['admin'])
    expect((await rig.ask(key, '/api/v1/credentials/bert', { method: 'DELETE' })).status).toBe(204)
    const pages: string[][] = []
    for (let next: string | null = ''; next !== null;) {
      const answer = await rig.ask(key, `/api/v1/credentials?limit=2&after=${next}`)
      const page = (await answer.json()) as { credentials: { account: string }[]; next: string | null }
      pages.push(page.credentials.map(({ account }) => account))
      next = page.next
    }
    expect(pages).toEqual([['anna'], ['cleo', 'dora']])
    expect((await rig.ask(key, '/api/v1/credentials/bert')).status).toBe(404)
    expect((await rig.ask(key, '/api/v1/credentials/bert', { method: 'DELETE' })).status).toBe(404)
    expect((await rig.ask(key, '/api/v1/credentials?limit=1001')).status).toBe(400)
  })

  it('taken out are forgotten, and the account is unknown until others come', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const [admin, key] = [await rig.key(['admin']), await rig.key(['token'])]
    await rig.ask(key, '/api/v1/token?account=anna')
    expect((await rig.ask(admin, '/api/v1/credentials/anna', { method: 'DELETE' })).status).toBe(204)
    const gone = await rig.ask(key, '/api/v1/token?account=anna')
    expect(gone.status).toBe(404)
    expect(await gone.json()).toMatchObject({ code: 'account-unknown', reason: 'signed-out' })
    expect(JSON.stringify(await rig.store.read('grant/anna'))).not.toContain(rig.fake.credentials.clientSecret)
    await rig.post('anna', rig.fake.createGrant())
    expect((await rig.ask(key, '/api/v1/token?account=anna')).status).toBe(200)
  })

  it('that make no sense are refused before anything is sent, and are not repeated', async () => {
    await using rig = await openRig()
    const good = bodyFor(rig.fake, 'anna')
    const bad: readonly unknown[] = [
      { ...good, account: '../anna' },
      { ...good, account: '' },
      { ...good, refresh_token: 'test-with a space' },
      { ...good, refresh_token: 'x'.repeat(9_000) },
      { ...good, client_secret: 5 },
      { ...good, 'test-secret-as-a-name': true },
      { account: 'anna' },
      [good],
      null,
      'test-secret-as-a-text',
    ]
    const key = await rig.key(['admin'])
    for (const body of bad) {
      const answer = await rig.ask(key, '/api/v1/credentials', jsonBody(body))
      expect(answer.status).toBe(400)
      const text = await answer.text()
      expect(text).toContain('invalid-request')
      expect(text).not.toContain('test-')
      expect(text).not.toContain(rig.fake.credentials.clientSecret)
    }
    const notJson = await rig.ask(key, '/api/v1/credentials', {
      ...jsonBody(good),
      body: '{"client_secret":"test-secret',
    })
    expect(await notJson.text()).not.toContain('test-secret')
    const noType = await rig.ask(key, '/api/v1/credentials', { method: 'POST', body: JSON.stringify(good) })
    expect(noType.status).toBe(400)
    expect(rig.fake.tokenRequests).toBe(0)
  })

  it('of one environment do not replace those of another', async () => {
    const other = fakeTastytrade()
    await using rig = await openRig()
    await rig.post('anna')
    const answer = await post(rig, {
      account: 'anna',
      client_secret: other.credentials.clientSecret,
      refresh_token: other.credentials.refreshToken,
    })
    expect(answer.status).toBe(422)
  })
})

/** A store into which the record of anna cannot be written, until it comes back. */
function awayStore() {
  const inner = memoryStore()
  let away = true
  const store: TokenStore = {
    ...withoutWatch(inner),
    write: (key, value, options) =>
      away && key === 'grant/anna'
        ? Promise.reject(new Error('The process was killed'))
        : inner.write(key, value, options),
  }
  return {
    inner,
    store,
    come: () => {
      away = false
    },
  }
}

describe('what the server has given for posted credentials', () => {
  it('is kept where it came too late for whoever posted them', async () => {
    await using rig = await openRig({ fake: { rotation: 'strict' }, keeper: { limits: { requestTime: 10_000 } } })
    rig.fake.fail('slow', { delay: 11_000 })
    const answer = await post(rig, bodyFor(rig.fake, 'anna'))
    expect([503, 504]).toContain(answer.status)
    await rig.clock.advance(20_000)
    const token = await rig.soon(rig.ask(await rig.key(['token']), '/api/v1/token?account=anna'))
    expect(token.status).toBe(200)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('is kept where somebody signed out meanwhile: what was posted last counts', async () => {
    await using rig = await openRig({ fake: { rotation: 'strict' } })
    const other = rig.fake.createGrant()
    await post(rig, bodyFor(rig.fake, 'anna', other))
    rig.fake.fail('slow', { delay: 3_000 })
    const posted = post(rig, bodyFor(rig.fake, 'anna'))
    await rig.clock.settleUntil(() => rig.fake.openRequests === 1)
    await (
      await rig.key(['admin']).then((key) => rig.ask(key, '/api/v1/credentials/anna', { method: 'DELETE' }))
    ).text()
    expect((await posted).status).toBe(201)
    const token = await rig.soon(rig.ask(await rig.key(['token']), '/api/v1/token?account=anna'))
    expect(token.status).toBe(200)
  })

  it('is kept where it could not be put in place, for whoever posts the same again and nobody else', async () => {
    const { inner, store, come } = awayStore()
    await using rig = await openRig({ fake: { rotation: 'strict' }, keeper: { store } })
    const body = bodyFor(rig.fake, 'anna')
    expect((await post(rig, body)).status).toBe(500)
    const other = rig.fake.createGrant()
    expect((await post(rig, bodyFor(rig.fake, 'anna', other))).status).toBe(500)
    expect(rig.fake.currentRefreshToken(other)).not.toBe(other.refreshToken)
    expect((await post(rig, bodyFor(rig.fake, 'anna'))).status).toBe(500)
    expect(await inner.read('grant/anna')).toBeNull()
    come()
    expect((await post(rig, bodyFor(rig.fake, 'anna'))).status).toBe(201)
    expect(rig.fake.failedLogins).toBe(0)
    expect(await inner.read('keeper/trial/anna')).toBeNull()
  })

  it('is what a second post of the same begins with', async () => {
    const { store, come } = awayStore()
    await using rig = await openRig({ fake: { rotation: 'strict' }, keeper: { store } })
    const body = bodyFor(rig.fake, 'anna')
    expect((await post(rig, body)).status).toBe(500)
    come()
    expect((await post(rig, body)).status).toBe(201)
    expect(rig.fake.tokenRequests).toBe(2)
    expect(rig.fake.failedLogins).toBe(0)
  })
})
