import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileStore, leaseHolders } from '@evergrant/adapters/file'
import { isInvalidOptions, isStoreCorrupt, isStoreUnavailable } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import type { Owner } from '../src/file/owner.ts'
import { runProcess } from './support/file-store-process.ts'
import { deadOwner, formerOwner, plantLock, strangeOwner } from './support/planted-owner.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'

function plantLeases(path: string, owners: Readonly<Record<string, Owner>>, version = 1): void {
  const leases = Object.entries(owners).map(([key, owner]) => [key, { owner, renewals: 0, ttl: 1_000, expiresAt: 0 }])
  const table = { format: 'evergrant-leases', version, leases: Object.fromEntries(leases) as unknown }
  writeFileSync(`${path}.leases`, JSON.stringify(table))
}

const store = () => join(temporaryFolder(), '.secrets')

describe('the holders of a file store', () => {
  it('are nobody where nobody is at work, and looking leaves nothing behind', async () => {
    const path = store()
    expect(await leaseHolders(path)).toEqual([])
    expect(await leaseHolders(join(path, '..', 'missing', '.secrets'))).toEqual([])
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('are processes that run, until they are killed', async () => {
    const path = store()
    const holder = await runProcess({ do: 'lease', path, key: KEY })
    expect(await holder.hear()).toEqual({ said: 'held' })
    const held = { key: KEY, pid: holder.pid, host: hostname() }
    // Off Linux a pid alone does not tell who has it.
    const alive = process.platform === 'linux' ? 'alive' : 'unknown'
    expect(await leaseHolders(path)).toEqual([{ ...held, fate: alive }])
    await holder.kill()
    expect(await leaseHolders(path)).toEqual([{ ...held, fate: 'dead' }])
  })

  it('are this process too, and no more once it has given the lease back', async () => {
    const path = store()
    const lease = await fileStore(path, { clock: new VirtualClock() }).lease(KEY, {
      ttl: 60_000,
      signal: new AbortController().signal,
    })
    expect(await leaseHolders(path)).toEqual([{ key: KEY, pid: process.pid, host: hostname(), fate: 'unknown' }])
    await lease.release()
    expect(await leaseHolders(path)).toEqual([])
  })

  it('are told apart from those of other hosts and containers', async () => {
    const path = store()
    const elsewhere = { ...deadOwner('container'), space: 'another container' }
    plantLeases(path, { a: strangeOwner('host'), b: elsewhere, c: deadOwner('gone') })
    plantLock(path, deadOwner('writer'))
    expect((await leaseHolders(path)).map(({ key, fate }) => [key, fate])).toEqual([
      ['a', 'unknown'],
      ['b', 'unknown'],
      ['c', 'dead'],
      [null, 'dead'],
    ])
  })

  it.runIf(process.platform === 'linux')('are dead where another process has their pid by now', async () => {
    const path = store()
    plantLeases(path, { [KEY]: formerOwner('former') })
    expect(await leaseHolders(path)).toMatchObject([{ pid: process.ppid, fate: 'dead' }])
  })

  it('are found beside the file that a link leads to', async () => {
    const path = store()
    const link = join(temporaryFolder(), 'link')
    symlinkSync(path, link)
    plantLeases(path, { [KEY]: deadOwner('gone') })
    expect(await leaseHolders(link)).toMatchObject([{ key: KEY }])
  })

  it('are left out where they cannot be made out', async () => {
    const path = store()
    for (const content of ['', '{ damaged', 'null', '{"leases":{"a":{"owner":{"pid":1}}}}']) {
      writeFileSync(`${path}.leases`, content)
      writeFileSync(`${path}.lock`, content)
      expect(await leaseHolders(path)).toEqual([])
    }
  })

  it('are not made up: what cannot be read, or is of a newer version, is said', async () => {
    const path = store()
    plantLeases(path, {}, 2)
    await expect(leaseHolders(path)).rejects.toSatisfy(isStoreCorrupt)
    const other = store()
    mkdirSync(`${other}.leases`)
    await expect(leaseHolders(other)).rejects.toSatisfy(isStoreUnavailable)
    const third = store()
    mkdirSync(`${third}.lock`)
    await expect(leaseHolders(third)).rejects.toSatisfy(isStoreUnavailable)
    await expect(leaseHolders('')).rejects.toSatisfy(isInvalidOptions)
  })
})
