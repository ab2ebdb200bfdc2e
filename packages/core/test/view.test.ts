import { describe, expect, it } from 'vitest'
import { effectiveCredentials, followSource, look, type ViewPorts } from '../src/exchange/view.ts'
import { memoryStore } from '../src/memory-store.ts'
import { grantKind, ledgerKind } from '../src/records/record-kinds.ts'
import { emptyGrant, emptyLedger, type GrantRecord } from '../src/records/record.ts'
import { readStored, writeStored } from '../src/records/stored.ts'
import type { TokenStore } from '../src/store.ts'
import { AHEAD, createPorts, credentials, ISSUER, MARK, NOW, storedToken } from './support/exchange-view.ts'

const HOUR = 3_600_000

/** A record with something in every field. */
const full: GrantRecord = {
  version: 1,
  issuer: 'https://server.test',
  generation: 7,
  epoch: 2,
  source: 'mark of an older source',
  credentials: { refreshToken: 'invented-rotated' },
  given: 'mark-of-given',
  token: storedToken,
  rejected: 6,
  rejectedMark: 'mark-of-rejected',
  login: { since: 500, expiresAt: null, spent: false },
  lifetime: 900_000,
  grantedAt: 1_000,
  rotates: true,
  journal: { fingerprint: 'mark-of-journal', at: 2_000 },
  putOffAt: 2_000,
  dead: [{ fingerprint: 'mark-of-dead', reason: 'grant-revoked' }],
  retryAt: 3_000,
  signedOut: true,
  clockOffset: 5,
}

/** What is left of it once other credentials are followed. */
const followed: GrantRecord = {
  ...full,
  source: MARK,
  epoch: 3,
  credentials: null,
  given: null,
  token: null,
  login: null,
  lifetime: null,
  grantedAt: null,
  rotates: null,
  journal: null,
  retryAt: null,
  signedOut: false,
}

describe('a record beside its source', () => {
  it('stays as it is where there is no source, or the one that it follows', () => {
    expect(followSource(full, null, ISSUER)).toBe(full)
    const following = { ...full, source: MARK }
    expect(followSource(following, credentials, ISSUER)).toBe(following)
  })

  it('P14 forgets what belonged to other credentials when the source changes', () => {
    expect(followSource(full, credentials, ISSUER)).toEqual(followed)
  })

  it('follows the first source that it sees', () => {
    expect(followSource({ ...full, source: null, credentials: null }, credentials, ISSUER)).toEqual(followed)
  })

  it('keeps what a person set before it saw a source', () => {
    const set = { ...full, source: null }
    expect(followSource(set, credentials, ISSUER)).toEqual({ ...set, source: MARK })
  })

  it('P2 gives up what a person set if that is dead', () => {
    const set = { ...full, source: null, credentials: { refreshToken: 'invented-refresh' } }
    const dead = [...full.dead, { fingerprint: MARK, reason: 'grant-revoked' as const }]
    expect(followSource({ ...set, dead }, credentials, ISSUER)).toEqual({ ...followed, dead })
  })
})

describe('the credentials to spend', () => {
  it('are none where neither source nor record has any', () => {
    expect(effectiveCredentials(emptyGrant(), null)).toBeNull()
  })

  it('are those of the source, with what is newer in the record over them', () => {
    expect(effectiveCredentials(emptyGrant(), credentials)).toEqual(credentials)
    const both = effectiveCredentials(full, credentials)
    expect(both?.clientSecret?.reveal()).toBe('invented-secret')
    expect(both?.refreshToken?.reveal()).toBe('invented-rotated')
    expect(effectiveCredentials(full, null)?.refreshToken?.reveal()).toBe('invented-rotated')
  })
})

async function storeWith(grant: Partial<GrantRecord>, ledger = emptyLedger()): Promise<TokenStore> {
  const store = memoryStore()
  const [forGrant, forLedger] = [grantKind('main'), ledgerKind(ISSUER)]
  await writeStored(store, forGrant, await readStored(store, forGrant), { ...emptyGrant(), ...grant })
  await writeStored(store, forLedger, await readStored(store, forLedger), ledger)
  return store
}

describe('a look', () => {
  const portsWith = (store: TokenStore, more: Partial<ViewPorts> = {}): ViewPorts => ({
    ...createPorts(),
    store,
    ...more,
  })

  it('shows the record as it stands beside the source, and the mark of the credentials', async () => {
    const epochs: number[] = []
    const view = await look(portsWith(await storeWith(full), { onEpoch: (epoch) => epochs.push(epoch) }))
    expect(view.grant.value).toEqual(followed)
    expect([view.credentials, view.fingerprint]).toEqual([credentials, MARK])
    expect(epochs).toEqual([3])
  })

  it('shows no mark where there are no credentials', async () => {
    const view = await look(portsWith(memoryStore(), { readSource: () => Promise.resolve(null) }))
    expect([view.credentials, view.fingerprint]).toEqual([null, ''])
  })

  it('knows rotated credentials by a mark of their own', async () => {
    const rotated = { source: MARK, credentials: { refreshToken: 'invented-rotated' } }
    const view = await look(portsWith(await storeWith(rotated)))
    expect(view.credentials?.refreshToken?.reveal()).toBe('invented-rotated')
    expect(view.fingerprint).not.toBe(MARK)
  })

  it('P15 takes the offset of an earlier run, unless other hosts with clocks of their own write to the store', async () => {
    const store = await storeWith({ clockOffset: 5 })
    const here = portsWith(store)
    await look(here)
    expect(here.timeline.offset).toBe(5)
    const network = portsWith({ ...store, sharing: 'network' })
    await look(network)
    expect(network.timeline.offset).toBe(AHEAD)
  })

  it('reads each record once where nothing is to be mended', async () => {
    const store = await storeWith(full)
    const keys: string[] = []
    const counting: TokenStore = {
      ...store,
      read(key) {
        keys.push(key)
        return store.read(key)
      },
    }
    await look(portsWith(counting))
    expect(keys).toEqual([grantKind('main').key, ledgerKind(ISSUER).key])
  })

  it('P3 shows of the ledger what still counts', async () => {
    const there = NOW + AHEAD
    const pending = [
      { id: 'gone', at: there - HOUR },
      { id: 'under way', at: there },
    ]
    const store = await storeWith({ clockOffset: AHEAD }, { ...emptyLedger(), pending })
    const view = await look(portsWith(store))
    expect(view.ledger).toEqual({ ...emptyLedger(), pending: pending.slice(1) })
    const { value } = await readStored(store, ledgerKind(ISSUER))
    expect(value.pending).toEqual(pending)
  })

  it('P15 writes down at once what a wrong clock has put too far ahead', async () => {
    const there = NOW + AHEAD
    const store = await storeWith({}, { ...emptyLedger(), failures: [there + HOUR] })
    const ports = portsWith(store)
    // The server has told the time.
    ports.timeline.observe(there - 500, NOW, NOW)
    const view = await look(ports)
    expect(view.ledger.failures).toEqual([there])
    const { value } = await readStored(store, ledgerKind(ISSUER))
    expect(value.failures).toEqual([there])
  })

  it('P3 believes those who wrote of a later time, where nobody has told it what time it is', async () => {
    const failures = [NOW + AHEAD + HOUR]
    const ports = portsWith(await storeWith({ clockOffset: AHEAD }, { ...emptyLedger(), failures }))
    const view = await look(ports)
    expect([view.ledger.failures, ports.timeline.offset]).toEqual([failures, AHEAD + HOUR])
  })

  it.each([
    ['hosts share, but that has no time', { sharing: 'network' }],
    ['one host has, though it knows the time', { sharing: 'host', time: () => Promise.reject(new Error('not asked')) }],
  ] as const)('P3 believes them too at a store that %s', async (_, kind) => {
    const failures = [NOW + AHEAD + HOUR]
    const store: TokenStore = { ...(await storeWith({}, { ...emptyLedger(), failures })), ...kind }
    const ports = portsWith(store)
    await look(ports)
    expect(ports.timeline.offset).toBe(AHEAD + HOUR)
  })

  describe('at a store that hosts share', () => {
    const networked = async (failures: number[] = []) => {
      const asked = { times: 0 }
      const store: TokenStore = {
        ...(await storeWith({}, { ...emptyLedger(), failures })),
        sharing: 'network',
        time() {
          asked.times += 1
          return Promise.resolve(NOW + 3 * HOUR)
        },
      }
      return { asked, ports: portsWith(store) }
    }

    it('P3 takes the time of the store, so that a wrong clock does not void the login budget', async () => {
      const { ports } = await networked([NOW + 5 * HOUR])
      const view = await look(ports)
      expect([view.ledger.failures, ports.timeline.offset]).toEqual([[NOW + 3 * HOUR], 3 * HOUR])
    })

    it('does not ask for it once the server has told the time', async () => {
      const { asked, ports } = await networked()
      ports.timeline.observe(NOW + AHEAD - 500, NOW, NOW)
      await look(ports)
      expect([asked.times, ports.timeline.offset]).toEqual([0, AHEAD])
    })
  })
})
