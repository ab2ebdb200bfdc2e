import { isClientRejected, isTokenUnavailable, memoryStore, type SessionStatus } from '@evergrant/core'
import { describe, expect, it, vi } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { failureOf } from '../support/failure-of.ts'
import { ACCOUNT, openKeeperRig } from './rig.ts'

vi.setConfig({ testTimeout: 60_000 })

const SECOND = 1_000
const MINUTE = 60 * SECOND

describe('a session whose tokens come from a keeper', () => {
  it('has the keeper’s token for an API key, and knows its API', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const session = rig.session({ account: ACCOUNT })
    const token = await session.getToken()
    expect(token).toMatchObject({ tokenType: 'Bearer', generation: 1, apiBaseUrl: 'https://api.tastyworks.com' })
    expect(await rig.isLive(token.value)).toBe(true)
    expect(rig.asked).toEqual([`?account=${ACCOUNT}&max_wait=12`])

    const api = bearerFetch(session, { fetch: rig.fake.fetch })
    const answer = await api('/customers/me', { headers: { 'user-agent': 'test/1.0' } })
    expect(answer.status).toBe(200)
    const elsewhere = await failureOf(api('https://elsewhere.test/'))
    expect(elsewhere).toMatchObject({ code: 'foreign-origin' })
  })

  it('needs no account for a key that has one only', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    await rig.session().getToken()
    expect(rig.asked).toEqual(['?max_wait=12'])
  })

  it.for([0, 5 * MINUTE, 9 * MINUTE, 12 * MINUTE])(
    'asks once for each token, and never waits, when it begins %d ms into the life of one',
    async (age) => {
      await using rig = await openKeeperRig()
      await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
      await rig.clock.advance(age)
      const session = rig.session()
      const seen = new Set<string>()
      const troubles: SessionStatus[] = []
      session.status$.subscribe((status) => void (status.lastFailure === null ? null : troubles.push(status)))
      seen.add((await session.getToken()).value)
      const until = rig.clock.time + 90 * MINUTE
      while (rig.clock.time < until) {
        await rig.clock.advance(10 * SECOND)
        const token = session.peekToken()
        if (token === null) throw new Error('Somebody would have waited')
        expect(await rig.isLive(token.value)).toBe(true)
        seen.add(token.value)
      }
      // 90 minutes are six lifetimes of fifteen, and tokens are renewed at two thirds of each.
      expect(rig.asked.length).toBeLessThanOrEqual(11)
      expect(seen.size).toBe(rig.asked.length)
      expect(troubles).toEqual([])
      expect(rig.fake.tokenRequests).toBeLessThanOrEqual(12)
    },
  )

  it('tells the keeper of a refusal by its generation, and two bots cost one token', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const bots = [rig.session(), rig.session()]
    const tokens = await Promise.all(bots.map((bot) => bot.getToken()))
    await rig.clock.advance(MINUTE)
    rig.fake.invalidateAccessTokens()
    for (const [place, bot] of bots.entries()) bot.reportRejected(tokens[place] ?? expect.unreachable())
    const fresh = await Promise.all(bots.map((bot) => bot.getToken()))
    expect(await Promise.all(fresh.map(({ value }) => rig.isLive(value)))).toEqual([true, true])
    expect(rig.asked.slice(2)).toEqual(['?rejected=1&max_wait=12', '?rejected=1&max_wait=12'])
    expect(rig.fake.tokenRequests).toBe(2)
    // And not once more with the next renewal.
    await rig.clock.advance(15 * MINUTE)
    expect(rig.asked.slice(4).join()).not.toContain('rejected')
  })

  it('answers a request whose token the API refuses, by one more', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const session = rig.session()
    const api = bearerFetch(session, { fetch: rig.fake.fetch })
    const ask = () => api('/customers/me', { headers: { 'user-agent': 'test/1.0' } })
    await ask()
    await rig.clock.advance(MINUTE)
    rig.fake.invalidateAccessTokens()
    const answers = await Promise.all([ask(), ask(), ask()])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(rig.asked).toEqual(['?max_wait=12', '?rejected=1&max_wait=12'])
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('tells it of the refusal also if it has forgotten the generation', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const store = memoryStore()
    const session = rig.session({}, store)
    const token = await session.getToken()
    await session.dispose()
    rig.fake.invalidateAccessTokens()
    const restarted = rig.session({}, store)
    const adopted = await restarted.getToken()
    expect(adopted.value).toBe(token.value)
    await rig.clock.advance(MINUTE)
    restarted.reportRejected(adopted)
    const fresh = await restarted.getToken()
    expect(await rig.isLive(fresh.value)).toBe(true)
    expect(rig.asked).toEqual(['?max_wait=12', '?max_wait=12', '?rejected=1&max_wait=12'])
  })

  it('says of a revoked grant what an operator has to do, and goes on by itself once that is done', async () => {
    await using rig = await openKeeperRig()
    const grant = rig.fake.createGrant()
    await rig.post(ACCOUNT, grant.refreshToken)
    rig.fake.revokeGrant(grant.refreshToken, { accessTokens: true })
    await rig.clock.advance(16 * MINUTE)
    const session = rig.session()
    const error = await failureOf(session.getToken())
    expect(isTokenUnavailable(error)).toBe(true)
    expect(error).toMatchObject({ help: expect.stringContaining(`POST ${rig.url}/api/v1/credentials`) })
    expect(session.getSnapshot()).toMatchObject({
      state: 'backoff',
      lastFailure: { oauthCode: 'grant-revoked', status: 409 },
    })
    const spent = rig.fake.tokenRequests
    await rig.clock.advance(10 * MINUTE)
    // The keeper is asked once a minute, and never asks the server for that.
    expect(rig.asked.length).toBeGreaterThan(5)
    expect(rig.asked.length).toBeLessThan(13)
    expect(rig.fake.tokenRequests).toBe(spent)
    await rig.post(ACCOUNT, rig.fake.createGrant().refreshToken)
    await rig.clock.advance(MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', lastFailure: null })
  })

  it('waits for an account that nobody has posted yet', async () => {
    await using rig = await openKeeperRig()
    const session = rig.session()
    const error = await failureOf(session.getToken())
    expect(error).toMatchObject({
      code: 'token-unavailable',
      cause: { details: { failure: { oauthCode: 'account-unknown' } } },
    })
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    await rig.clock.advance(MINUTE)
    expect(session.peekToken()).not.toBeNull()
  })

  it('ends with a key that is refused, and with no other', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const session = rig.session({ apiKey: rig.key.replace(/.$/, rig.key.endsWith('A') ? 'E' : 'A') })
    const error = await failureOf(session.getToken())
    expect(isClientRejected(error)).toBe(true)
    expect(error).toMatchObject({ help: expect.stringContaining('evergrant keys create') })
    await rig.clock.advance(60 * MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'client-rejected' })
    expect(rig.asked).toHaveLength(1)
    // Not for this account: an operator mends it, with the same key.
    const other = rig.session({ account: 'bert' })
    await failureOf(other.getToken())
    expect(other.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { oauthCode: 'account-not-allowed' } })
  })

  it('knows until when the keeper is blocked, and comes back when it is told to', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    await rig.clock.advance(15 * MINUTE)
    await rig.block()
    const session = rig.session()
    const failed = await failureOf(session.getToken())
    expect(failed).toMatchObject({ cause: { details: { failure: { oauthCode: 'edge-refused', status: 503 } } } })
    const { retryAt, lastFailure } = session.getSnapshot()
    expect(lastFailure?.message).toContain('until 2026-03-02T22:45')
    const wait = (retryAt ?? 0) - rig.clock.time
    expect(wait).toBeGreaterThan(14 * MINUTE)
    await rig.clock.advance(wait - SECOND)
    expect(rig.asked).toHaveLength(1)
    await rig.clock.advance(2 * SECOND)
    expect(rig.asked).toHaveLength(2)
  })

  it('goes on with the next replica when one is down or drains, without a caller who notices', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const other = await rig.replica()
    const session = rig.session({ urls: [rig.url, other.url] })
    await session.getToken()
    expect(rig.hosts).toEqual([rig.url])
    await rig.keeper.dispose()
    await rig.clock.advance(11 * MINUTE)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', generation: 2, lastFailure: null })
    expect(rig.hosts).toEqual([rig.url, rig.url, other.url])
    // It stays with the one that answers.
    await rig.clock.advance(11 * MINUTE)
    expect(rig.hosts.slice(3)).toEqual([other.url])
  })

  it('tries again when no keeper answers, with the token that it has', async () => {
    await using rig = await openKeeperRig()
    await rig.post(ACCOUNT, rig.fake.credentials.refreshToken)
    const session = rig.session()
    await session.getToken()
    await rig.keeper.dispose()
    await rig.clock.advance(14 * MINUTE)
    expect(session.peekToken()).not.toBeNull()
    await rig.clock.advance(2 * MINUTE)
    const error = await failureOf(session.getToken({ maxWait: 0 }))
    expect(error).toMatchObject({ code: expect.stringMatching(/^(token-unavailable|wait-timeout)$/) })
    expect(session.getSnapshot()).toMatchObject({ state: 'backoff', lastFailure: { code: 'token-request-failed' } })
  })
})
