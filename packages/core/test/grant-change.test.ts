import { describe, expect, it } from 'vitest'
import { credentialsFingerprint, sealCredentials } from '../src/credentials.ts'
import { EvergrantError } from '../src/errors.ts'
import { forget, replaceCredentials } from '../src/exchange/grant-change.ts'
import type { ViewPorts } from '../src/exchange/view.ts'
import { grantKind } from '../src/records/record-kinds.ts'
import { emptyGrant, type GrantRecord } from '../src/records/record.ts'
import { readStored, writeStored } from '../src/records/stored.ts'
import { createPorts, credentials, ISSUER, MARK, storedToken } from './support/exchange-view.ts'

const kind = grantKind('main')

const before: GrantRecord = {
  ...emptyGrant(),
  generation: 7,
  epoch: 2,
  source: MARK,
  credentials: { clientId: 'client-1', refreshToken: 'invented-rotated' },
  given: 'mark-of-given',
  token: storedToken,
  rejected: 6,
  lifetime: 900_000,
  grantedAt: 1_000,
  rotates: true,
  journal: { fingerprint: 'mark-of-journal', at: 2_000 },
  dead: [{ fingerprint: 'mark-of-dead', reason: 'grant-revoked' }],
  retryAt: 3_000,
  signedOut: true,
}

/** What is left of it once its credentials go. */
const cleared = { ...before, token: null, lifetime: null, grantedAt: null, rotates: null, journal: null, retryAt: null }

const set = { refreshToken: 'invented-set' }
const markOfSet = credentialsFingerprint(ISSUER, sealCredentials(set))

const unreadable = new EvergrantError('credentials-unreadable', {
  message: 'm',
  help: 'h',
  details: { source: 'environment' },
})

async function createStored(more: Partial<ViewPorts> = {}, record: Partial<GrantRecord> = {}) {
  const ports = { ...createPorts(), ...more }
  await writeStored(ports.store, kind, await readStored(ports.store, kind), { ...before, ...record })
  return { ports, record: async () => (await readStored(ports.store, kind)).value }
}

describe('credentials that a person sets', () => {
  it('P14 begin a new epoch, and leave nothing of what belonged to the old ones but what is dead', async () => {
    const { ports, record } = await createStored()
    const written = await replaceCredentials(ports, set)
    const laid = { clientId: 'client-1', refreshToken: 'invented-set' }
    expect(await record()).toEqual({
      ...cleared,
      issuer: ISSUER,
      credentials: laid,
      given: markOfSet,
      signedOut: false,
      epoch: 3,
    })
    expect(written).toEqual(await record())
  })

  it('P7 stay what the server has made of them if they are set again, with their journal', async () => {
    const { ports, record } = await createStored({}, { given: markOfSet, signedOut: false })
    await replaceCredentials(ports, set)
    const { credentials: rotated, journal, rotates } = before
    const kept = { issuer: ISSUER, credentials: rotated, journal, rotates, given: markOfSet }
    expect(await record()).toEqual({ ...cleared, ...kept, signedOut: false, epoch: 3 })
  })

  it('P2 are tried again if they are set again after what the server made of them is dead', async () => {
    const rotated = sealCredentials({ clientId: 'client-1', refreshToken: 'invented-rotated' })
    const fingerprint = credentialsFingerprint(ISSUER, { ...credentials, ...rotated })
    const dead: GrantRecord['dead'] = [{ fingerprint, reason: 'grant-revoked' }]
    const { ports, record } = await createStored({}, { given: markOfSet, signedOut: false, dead })
    await replaceCredentials(ports, set)
    expect(await record()).toMatchObject({ credentials: { refreshToken: 'invented-set' }, journal: null, epoch: 3 })
  })
})

describe('signing out', () => {
  it('P14 begins a new epoch, forgets the credentials, and gives them for revoking', async () => {
    const { ports, record } = await createStored()
    const { epoch, credentials } = await forget(ports)
    expect([epoch, credentials?.refreshToken?.reveal()]).toEqual([3, 'invented-rotated'])
    expect(await record()).toEqual({ ...cleared, credentials: null, given: null, signedOut: true, epoch: 3 })
  })
})

describe('a source that cannot be read', () => {
  it('P14 keeps nobody from signing out, nor from setting credentials', async () => {
    const { ports, record } = await createStored({ readSource: () => Promise.reject(unreadable) })
    await replaceCredentials(ports, set)
    expect((await record()).credentials?.refreshToken).toBe('invented-set')
    expect((await forget(ports)).epoch).toBe(4)
    expect(await record()).toMatchObject({ credentials: null, signedOut: true })
  })

  it('for a fault that nobody foresaw is not passed over', async () => {
    const fault = new Error('of a stranger')
    const { ports, record } = await createStored({ readSource: () => Promise.reject(fault) })
    await expect(forget(ports)).rejects.toBe(fault)
    expect(await record()).toEqual(before)
  })
})
