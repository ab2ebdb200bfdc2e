import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fileStore } from '@evergrant/adapters/file'
import { memoryStore, type Json, type TokenStore } from '@evergrant/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createRig, type Rig } from './rig.ts'

const PROGRAM = fileURLToPath(new URL('bot.ts', import.meta.url))
const LIFETIMES = 5
const TURNS = 20
const GRANT = 'grant/default'

/** A slow store, and what of it is durable at this moment, as a kill now would leave it. */
function observed(store: TokenStore) {
  const durable = new Map<string, Json>()
  const watched: TokenStore = {
    sharing: store.sharing,
    read: (key) => store.read(key),
    delete: (key) => store.delete(key),
    lease: (key, options) => store.lease(key, options),
    async write(key, value, options) {
      // Whoever does not wait for the write is through by then.
      if (key === GRANT) for (let turn = 0; turn < TURNS; turn += 1) await setImmediate()
      const revision = await store.write(key, value, options)
      durable.set(key, value)
      return revision
    },
  }
  return { store: watched, durable }
}

const savedRefreshToken = (record: Json | undefined) =>
  (record as { credentials?: { refreshToken?: string } } | undefined)?.credentials?.refreshToken

/** The one refresh token that the server would still take. */
function living({ authorization }: Rig): string | undefined {
  return authorization.database.all('RefreshToken').findLast(({ consumed }) => consumed === undefined)?.jti
}

describe('a server that gives a new refresh token with each access token', () => {
  it.each([
    { name: 'memory', makeStore: () => memoryStore() },
    { name: 'a file', makeStore: () => fileStore(join(temporaryFolder(), '.secrets')) },
  ])('P7 finds each one saved in $name before its access token is shown', async ({ makeStore }) => {
    const rig = await createRig()
    const { store, durable } = observed(makeStore())
    const session = rig.open({ store })
    const shown: { readonly generation: number; readonly saved: boolean }[] = []
    const refreshTokens = new Set<string | undefined>()
    session.token$.subscribe((token) => {
      if (token === null) return
      const refreshToken = savedRefreshToken(durable.get(GRANT))
      refreshTokens.add(refreshToken)
      shown.push({ generation: token.generation, saved: refreshToken === living(rig) })
    })
    await session.setCredentials(await rig.login())
    await session.getToken()
    for (let lifetime = 1; lifetime < LIFETIMES; lifetime += 1) await rig.nextLifetime(session)

    expect(shown).toEqual([1, 2, 3, 4, 5].map((generation) => ({ generation, saved: true })))
    expect(refreshTokens.size).toBe(LIFETIMES)
    // The code, and one for each lifetime.
    expect(rig.authorization.tokenRequests).toBe(1 + LIFETIMES)
    expect(rig.authorization.refusals).toEqual([])
    expect(await rig.userinfo(await session.getToken())).toBe(200)
  })

  it('P1 keeps one grant for two sessions on one file, which take turns and never send a spent token', async () => {
    const rig = await createRig()
    const path = join(temporaryFolder(), '.secrets')
    const first = rig.open({ store: fileStore(path), sharing: 'host' })
    const second = rig.open({ store: fileStore(path), sharing: 'host' })
    await first.setCredentials(await rig.login())
    await first.getToken()
    await second.getToken()
    expect(rig.authorization.tokenRequests).toBe(2)

    for (const [spender, other] of [
      [second, first],
      [first, second],
      [second, first],
    ] as const) {
      await rig.untilNextRequest()
      const { generation } = await spender.refresh()
      await rig.clock.settleUntil(() => other.getSnapshot().generation === generation)
      expect(other.peekToken()?.value).toBe(spender.peekToken()?.value)
    }
    expect(rig.authorization.tokenRequests).toBe(5)
    expect(rig.authorization.refusals).toEqual([])
  })

  it('P7 goes on in another process, and back here, with what the other saved', async () => {
    const rig = await createRig()
    const path = join(temporaryFolder(), '.secrets')
    const session = rig.open({ store: fileStore(path), sharing: 'host' })
    await session.setCredentials(await rig.login())
    await session.getToken()

    const child = fork(PROGRAM, [rig.authorization.issuer, path], { execArgv: ['--conditions=@evergrant/source'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    expect(await once(child, 'message')).toEqual([{ adopted: 1, refreshed: 2 }, undefined])
    expect(await ended).toEqual([0, null])
    await rig.clock.settleUntil(() => session.getSnapshot().generation === 2)

    await rig.nextLifetime(session)
    expect(await rig.userinfo(await session.getToken())).toBe(200)
    expect(rig.authorization.tokenRequests).toBe(4)
    expect(rig.authorization.refusals).toEqual([])
  })
})
