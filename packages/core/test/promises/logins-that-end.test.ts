import { memoryStore, type SessionEvent, type TokenSession } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, settled } from './rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The deadlines that a person was reminded of, with the time of each reminder. */
function remindersOf(session: TokenSession): { at: number; deadline: number }[] {
  const reminders: { at: number; deadline: number }[] = []
  session.events$.subscribe((event: SessionEvent) => {
    if (event.type === 'reauthentication-due') reminders.push({ at: event.at, deadline: event.deadline })
  })
  return reminders
}

describe('a login that ends', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig({ lifetime: 12 * 3_600 })))
  afterEach(() => rig.close())

  const weekly = () => ({ ...rig.server.provider, loginLifetime: 7 * DAY })

  it('is told of once, a day ahead, however often its tokens are refreshed', async () => {
    const session = rig.open({ provider: weekly(), eager: true })
    const reminders = remindersOf(session)
    const began = rig.clock.now()
    await rig.clock.advance(8 * DAY)
    expect(rig.server.requests.length).toBeGreaterThan(10)
    expect(reminders).toEqual([{ at: began + 6 * DAY, deadline: began + 7 * DAY }])
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', loginExpiresAt: began + 7 * DAY })
  })

  it('is told of at the last quarter of what it lasts, where that is less', async () => {
    const session = rig.open({ provider: { ...rig.server.provider, loginLifetime: 20 * HOUR }, eager: true })
    const reminders = remindersOf(session)
    const began = rig.clock.now()
    await rig.clock.advance(19 * HOUR)
    expect(reminders).toEqual([{ at: began + 15 * HOUR, deadline: began + 20 * HOUR }])
  })

  it('goes on over a restart, and begins anew with new credentials', async () => {
    const store = memoryStore()
    const began = rig.clock.now()
    const first = rig.open({ provider: weekly(), store, eager: true })
    await rig.clock.advance(3 * DAY)
    await first.dispose()
    const second = rig.open({ provider: weekly(), store, eager: true })
    const reminders = remindersOf(second)
    await rig.clock.advance(HOUR)
    expect(second.getSnapshot().loginExpiresAt).toBe(began + 7 * DAY)
    await second.setCredentials({ refreshToken: 'refresh-2' })
    await rig.clock.advance(6 * DAY + MINUTE)
    const again = began + 3 * DAY + HOUR
    expect(second.getSnapshot().loginExpiresAt).toBe(again + 7 * DAY)
    expect(reminders).toEqual([{ at: again + 6 * DAY, deadline: again + 7 * DAY }])
  })

  it('keeps its beginning where the same credentials are set once more', async () => {
    const session = rig.open({ provider: weekly(), credentials: [] })
    await session.setCredentials({ refreshToken: 'refresh-1' })
    await session.getToken()
    const began = rig.clock.now()
    await rig.clock.advance(DAY)
    await session.setCredentials({ refreshToken: 'refresh-1' })
    await rig.clock.advance(HOUR)
    expect(session.getSnapshot().loginExpiresAt).toBe(began + 7 * DAY)
  })

  it('that each refresh lengthens is not told of while refreshes go on', async () => {
    rig.server.always({ refreshTokenExpiresIn: (3 * DAY) / SECOND })
    const session = rig.open({ eager: true })
    const reminders = remindersOf(session)
    await rig.clock.advance(30 * DAY)
    expect(reminders).toEqual([])
    const { issuedAt, loginExpiresAt } = session.getSnapshot()
    expect(loginExpiresAt).toBe((issuedAt ?? 0) + 3 * DAY)
  })

  it('whose deadline moves by seconds with each answer is told of once', async () => {
    const end = rig.clock.now() + 7 * DAY
    rig.server.always(() => {
      const left = Math.floor((end - rig.clock.now()) / SECOND) - (rig.server.requests.length % 3)
      return { accessToken: `access-${rig.server.requests.length}`, expiresIn: 3_600, refreshTokenExpiresIn: left }
    })
    const session = rig.open({ eager: true })
    const reminders = remindersOf(session)
    await rig.clock.advance(7 * DAY - MINUTE)
    expect(reminders).toHaveLength(1)
  })

  it('leaves no alarm behind', async () => {
    const session = rig.open({ provider: weekly(), eager: true })
    const reminders = remindersOf(session)
    await rig.clock.advance(DAY)
    await session.dispose()
    expect(rig.clock.pending).toBe(0)
    await rig.clock.advance(8 * DAY)
    expect(reminders).toEqual([])
  })
})

describe('a login good for one token', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => {
    rig = createRig()
    rig.server.always({ renewable: false, expiresIn: 3_600 })
  })
  afterEach(() => rig.close())

  it('P2 is never sent again: its token is served to the end, and then the session says what to do', async () => {
    const session = rig.open({ eager: true })
    const reminders = remindersOf(session)
    const began = rig.clock.now()
    await rig.clock.advance(HOUR - 1)
    expect(session.getSnapshot()).toMatchObject({ state: 'valid', usable: true, loginExpiresAt: began + HOUR })
    await rig.clock.advance(DAY)
    expect(session.getSnapshot()).toMatchObject({ state: 'revoked', reason: 'login-expired', usable: false })
    expect(await rig.ask(session)).toBe('login-expired')
    expect(session.getSnapshot().lastFailure?.help).toContain('Log in again')
    expect(rig.server.requests).toHaveLength(1)
    expect(reminders).toEqual([{ at: began + 45 * MINUTE, deadline: began + HOUR }])
  })

  it('P2 is not sent again after a restart either, and its token is taken from the store', async () => {
    const store = memoryStore()
    const first = rig.open({ store })
    const token = await first.getToken()
    await first.dispose()
    const second = rig.open({ store })
    expect(await rig.ask(second)).toBe(token.value)
    await rig.clock.advance(2 * HOUR)
    expect(await rig.ask(second)).toBe('login-expired')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('P2 is not sent again when the server refuses its token', async () => {
    const session = rig.open()
    session.reportRejected(await session.getToken())
    expect(await rig.ask(session)).toBe('login-expired')
    expect(rig.server.requests).toHaveLength(1)
  })

  it('goes on with the next code', async () => {
    const session = rig.open({ eager: true })
    await rig.clock.advance(2 * HOUR)
    await session.setCredentials({ refreshToken: 'code-2' })
    expect(await rig.ask(session)).toBe('access-2')
    expect(rig.server.requests.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'code-2'])
  })

  it('P7 its token exists nowhere else, so it is saved however often the store fails', async () => {
    const memory = memoryStore()
    let failing = 0
    const store = {
      ...memory,
      write(...given: Parameters<typeof memory.write>) {
        const saving = JSON.stringify(given[1]).includes('access-1')
        if (saving && failing < 6) {
          failing += 1
          return Promise.reject(new Error('disk full'))
        }
        return memory.write(...given)
      },
    }
    const asked = settled(rig.open({ store }).getToken())
    await rig.clock.advance(MINUTE)
    expect([failing, asked.result]).toEqual([6, 'access-1'])
    expect(JSON.stringify(await memory.read('grant/default'))).toContain('access-1')
  })
})

describe('an API whose address changes with the token', () => {
  it('is named by each token, also by one that another process fetched', async () => {
    const rig = createRig()
    const store = memoryStore()
    rig.server.next(
      { apiBaseUrl: 'https://api01.invented.example/' },
      { apiBaseUrl: 'https://api02.invented.example/' },
    )
    const session = rig.open({ store })
    const first = await session.getToken()
    expect(first.apiBaseUrl).toBe('https://api01.invented.example/')
    const sibling = rig.open({ store })
    expect((await sibling.getToken()).apiBaseUrl).toBe('https://api01.invented.example/')
    await rig.clock.advance(11 * MINUTE)
    expect(session.peekToken()?.apiBaseUrl).toBe('https://api02.invented.example/')
    await rig.close()
  })

  it('is null where the server says nothing of it', async () => {
    const rig = createRig()
    expect((await rig.open().getToken()).apiBaseUrl).toBeNull()
    await rig.close()
  })
})

describe('the login budget, as an event', () => {
  it('says after each token request how many more failed logins it allows', async () => {
    const rig = createRig()
    const session = rig.open()
    const left: number[] = []
    session.events$.subscribe((event) => {
      if (event.type === 'login-budget') left.push(event.left)
    })
    rig.server.always({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })
    await rig.ask(session)
    await session.setCredentials({ refreshToken: 'refresh-2' })
    await rig.clock.advance(MINUTE)
    rig.server.always(null)
    await session.setCredentials({ refreshToken: 'refresh-3' })
    await rig.clock.advance(MINUTE)
    expect(left).toEqual([2, 1, 1])
    await rig.close()
  })
})
