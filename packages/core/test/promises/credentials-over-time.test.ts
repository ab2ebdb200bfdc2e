import { memoryStore, secret, type CredentialSource } from '@evergrant/core'
import { Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRig, failures, settled } from './rig.ts'

/** A file of credentials that somebody edits. */
function editable(first: string | null) {
  let text = first
  const changed = new Subject<void>()
  const source: CredentialSource = {
    name: 'file',
    read: () =>
      Promise.resolve(text === null ? null : { clientSecret: secret('secret-1'), refreshToken: secret(text) }),
    watch: () => changed,
  }
  return {
    source,
    edit(next: string | null) {
      text = next
      changed.next()
    },
  }
}

describe('credentials over time', () => {
  let rig: ReturnType<typeof createRig>
  beforeEach(() => (rig = createRig()))
  afterEach(() => rig.close())
  const sent = () => rig.server.requests.map(({ refreshToken }) => refreshToken)

  it('P2 a running session recovers when its source changes, and only then', async () => {
    const file = editable('dead')
    rig.server.next(failures.revoked)
    const session = rig.open({ credentials: file.source })
    expect(await rig.ask(session)).toBe('grant-revoked')
    file.edit('dead')
    await rig.clock.advance(3_600_000)
    expect(sent()).toEqual(['dead'])
    file.edit('fresh')
    await rig.clock.settle()
    expect(session.peekToken()?.value).toBe('access-1')
    expect(sent()).toEqual(['dead', 'fresh'])
  })

  it('a list of sources is asked in order, and the first that answers counts', async () => {
    const empty = editable(null)
    const session = rig.open({ credentials: [empty.source, { refreshToken: 'second' }] })
    await rig.ask(session)
    empty.edit('first')
    await rig.clock.settle()
    expect(sent()).toEqual(['second', 'first'])
  })

  it('credentials that come only later are put to use once somebody has asked', async () => {
    const file = editable(null)
    const session = rig.open({ credentials: file.source })
    expect(await rig.ask(session)).toBe('credentials-missing')
    expect(session.getSnapshot()).toMatchObject({ state: 'unauthenticated', reason: 'credentials-missing' })
    file.edit('late')
    await rig.clock.settle()
    expect(session.peekToken()?.value).toBe('access-1')
  })

  it('what a person set outlives a restart with the old source, until that changes', async () => {
    const store = memoryStore()
    const file = editable('of-the-file')
    const session = rig.open({ store, credentials: file.source })
    await rig.ask(session)
    await session.setCredentials({ refreshToken: 'of-the-person' })
    await rig.clock.settle()
    await session.dispose()
    rig.clock.sleep(3_600_000)
    const restarted = rig.open({ store, credentials: file.source })
    await rig.ask(restarted)
    file.edit('newer-file')
    await rig.clock.settle()
    expect(sent()).toEqual(['of-the-file', 'of-the-person', 'of-the-person', 'newer-file'])
  })

  it('a source that turns up beside a login does not undo it', async () => {
    const store = memoryStore()
    const login = rig.open({ store, credentials: undefined })
    await login.setCredentials({ clientSecret: 'secret-1', refreshToken: 'of-the-login' })
    const environment = { clientSecret: 'secret-1', refreshToken: 'of-the-environment' }
    await rig.ask(rig.open({ store, credentials: environment }))
    expect(sent()).toEqual(['of-the-login'])
  })

  it('a source that turns up beside a dead login takes its place', async () => {
    const store = memoryStore()
    const login = rig.open({ store, credentials: undefined })
    await login.setCredentials({ clientSecret: 'secret-1', refreshToken: 'of-the-login' })
    rig.server.next(failures.revoked)
    expect(await rig.ask(login)).toBe('grant-revoked')
    const environment = { clientSecret: 'secret-1', refreshToken: 'of-the-environment' }
    expect(await rig.ask(rig.open({ store, credentials: environment }))).toBe('access-1')
    expect(sent()).toEqual(['of-the-login', 'of-the-environment'])
  })

  it('P13 two processes with different sources on one account do not chase each other', async () => {
    const store = memoryStore()
    const [one, two] = ['one', 'two'].map((refreshToken) => rig.open({ store, credentials: { refreshToken } }))
    if (one === undefined || two === undefined) throw new Error('unreachable')
    await rig.ask(one)
    await rig.ask(two)
    await rig.clock.advance(3_600_000)
    expect(rig.server.requests.length).toBeLessThanOrEqual(16)
    expect(one.peekToken()).not.toBeNull()
    expect(two.peekToken()).not.toBeNull()
  })

  it('new credentials that come while the store is being read are the ones that are used', async () => {
    const store = memoryStore()
    let release: () => void = () => undefined
    const slow = {
      ...store,
      read: async (key: string) => {
        const entry = await store.read(key)
        if (key.startsWith('grant/') && rig.server.requests.length === 0) {
          await new Promise<void>((resolve) => (release = resolve))
        }
        return entry
      },
    }
    const file = editable('old')
    const session = rig.open({ store: slow, credentials: file.source })
    const caller = settled(session.getToken())
    await rig.clock.settle()
    file.edit('new')
    await rig.clock.settle()
    for (let step = 0; step < 10 && caller.result === null; step += 1) {
      release()
      await rig.clock.settle()
    }
    expect(caller.result).toBe('access-1')
    expect(sent()).toEqual(['new'])
  })

  it('a source of another account does not get the tokens of this one', async () => {
    const store = memoryStore()
    await rig.ask(rig.open({ store, credentials: { refreshToken: 'mine' } }))
    expect(await rig.ask(rig.open({ store, credentials: { refreshToken: 'theirs' } }))).toBe('access-2')
    expect(sent()).toEqual(['mine', 'theirs'])
  })

  it('P11 the secret of one client does not go out under the name of another', async () => {
    const first = { clientId: 'bot', clientSecret: 'secret-of-bot', refreshToken: 'refresh-of-bot' }
    const session = rig.open({ credentials: first })
    await rig.ask(session)
    await session.setCredentials({ clientId: 'site', refreshToken: 'refresh-of-site' })
    await rig.ask(session)
    await session.setCredentials({ refreshToken: 'refresh-2-of-site' })
    await rig.ask(session)
    const seen = rig.server.requests.map(({ clientSecret, refreshToken }) => `${clientSecret} ${refreshToken}`)
    expect(seen).toEqual(['secret-of-bot refresh-of-bot', ' refresh-of-site', ' refresh-2-of-site'])
  })
})
