import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '@evergrant/adapters/sqlite'
import { isInvalidOptions, isStoreCorrupt, isStoreInsecure, isStoreUnavailable } from '@evergrant/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { networkFileSystem } from '../../src/sqlite/network-file-system.ts'
import { failureOf } from '../support/failure-of.ts'
import { KEY, sqliteRig } from './rig.ts'

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('the database of a sqlite store', () => {
  it('is made when it is first needed, for this user alone, whatever the umask', async () => {
    const { folder, open } = sqliteRig()
    const file = join(folder, 'a', 'b', 'accounts.sqlite')
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const store = open({ file })
    expect(existsSync(join(folder, 'a'))).toBe(false)
    await store.write(KEY, 1)
    const names = ['accounts.sqlite', 'accounts.sqlite-shm', 'accounts.sqlite-wal']
    expect(readdirSync(join(file, '..')).toSorted()).toEqual(names)
    expect(names.map((name) => modeOf(join(file, '..', name)))).toEqual([0o600, 0o600, 0o600])
    expect([modeOf(join(folder, 'a')), modeOf(join(folder, 'a', 'b'))]).toEqual([0o700, 0o700])
    await store.dispose()
    expect(readdirSync(join(file, '..'))).toEqual(['accounts.sqlite'])
  })

  it('is made once, whole, by stores that all begin at the same time', async () => {
    const { open, files } = sqliteRig()
    const stores = Array.from({ length: 5 }, () => open())
    await Promise.all(stores.map((store, index) => store.write(`grant/${index}`, index)))
    expect(await stores[0]?.keys('')).toHaveLength(5)
    await Promise.all(stores.map((store) => store.dispose()))
    expect(files()).toEqual(['accounts.sqlite'])
  })

  it('lies behind a symbolic link, which stays', async () => {
    const { folder, file, open } = sqliteRig()
    const link = join(folder, 'link')
    symlinkSync(file, link)
    await open({ file: link }).write(KEY, 1)
    expect((await open().read(KEY))?.value).toBe(1)
    expect(readFileSync(link)).toEqual(readFileSync(file))
  })

  it.for(['accounts.sqlite', 'accounts.sqlite-wal', 'accounts.sqlite-shm'])(
    'is refused if others may read %s',
    async (name) => {
      const { folder, open } = sqliteRig()
      const present = open()
      await present.write(KEY, 1)
      chmodSync(join(folder, name), 0o640)
      // What is beside the database is looked at when it is opened.
      if (name === 'accounts.sqlite') expect(await failureOf(present.read(KEY))).toSatisfy(isStoreInsecure)
      const error = await failureOf(open().read(KEY))
      expect(error).toSatisfy(isStoreInsecure)
      expect(error).toMatchObject({ help: `Run: chmod 600 ${join(folder, name)}` })
      chmodSync(join(folder, name), 0o600)
      expect((await open().read(KEY))?.value).toBe(1)
    },
  )

  it('is refused in a folder where everybody may replace it', async () => {
    const { folder, open } = sqliteRig()
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    await expect(open({ file: join(shared, 'a.sqlite') }).read(KEY)).rejects.toSatisfy(isStoreInsecure)
    chmodSync(shared, 0o1777)
    expect(await open({ file: join(shared, 'a.sqlite') }).read(KEY)).toBeNull()
  })

  it('is no folder, and in none that is a file', async () => {
    const { folder, file, open } = sqliteRig()
    mkdirSync(file)
    await expect(open().read(KEY)).rejects.toSatisfy(isStoreUnavailable)
    writeFileSync(join(folder, 'plain'), '')
    await expect(open({ file: join(folder, 'plain', 'a.sqlite') }).read(KEY)).rejects.toSatisfy(isStoreUnavailable)
  })

  it('is not taken up again from a log whose database is gone', async () => {
    const { file, open, files } = sqliteRig()
    const store = open()
    await store.write(KEY, 'there')
    renameSync(file, `${file}.away`)
    expect(await failureOf(store.read(KEY))).toSatisfy(isStoreUnavailable)
    const error = await failureOf(open().write(KEY, 'new'))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(error).toMatchObject({ message: expect.stringContaining('still in its -wal') as string })
    expect(files()).not.toContain('accounts.sqlite')
    renameSync(`${file}.away`, file)
    expect((await store.read(KEY))?.value).toBe('there')
    expect((await open().read(KEY))?.value).toBe('there')
  })

  it('is not written any more once another file has its name', async () => {
    const { file, open } = sqliteRig()
    const store = open()
    await store.write(KEY, 'old')
    renameSync(file, `${file}.away`)
    writeFileSync(file, 'something else', { mode: 0o600 })
    const error = await failureOf(store.write(KEY, 'lost'))
    expect(error).toSatisfy(isStoreUnavailable)
    expect(error).toMatchObject({ message: expect.stringContaining('replaced while it was in use') as string })
    expect(readFileSync(file, 'utf8')).toBe('something else')
    rmSync(file)
    renameSync(`${file}.away`, file)
    expect((await store.read(KEY))?.value).toBe('old')
  })

  it('that is empty is no new one', async () => {
    const { file, open } = sqliteRig()
    writeFileSync(file, '', { mode: 0o600 })
    const error = await failureOf(open().write(KEY, 1))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(error).toMatchObject({ message: `${file} is empty` })
    expect(readFileSync(file)).toHaveLength(0)
  })

  it('has a path', () => {
    for (const file of ['', 'a\0b', undefined, 7]) {
      expect(() => sqliteStore({ file: file as string })).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
    }
    expect(() => sqliteStore({ file: 'a', maxLockWait: Number.NaN })).toThrow('maxLockWait')
    expect(() => sqliteStore({ file: 'a', path: 'b' } as never)).toThrow('no such option')
  })

  it('is refused on file systems that several hosts mount', () => {
    expect([0x6969, 0xfe534d42, 0xfe534d42 | 0].map(networkFileSystem)).toEqual(['NFS', 'SMB', 'SMB'])
    // ext4, tmpfs, btrfs, overlay
    expect([0xef53, 0x01021994, 0x9123683e, 0x794c7630].map(networkFileSystem)).toEqual([null, null, null, null])
  })
})

describe('a database that is damaged', () => {
  async function damaged(damage: (file: string) => void) {
    const rig = sqliteRig()
    await using store = sqliteStore({ file: rig.file })
    for (let index = 0; index < 40; index += 1) await store.write(`grant/${index}`, { text: 'x'.repeat(2_000) })
    await store.dispose()
    damage(rig.file)
    return { ...rig, before: readFileSync(rig.file) }
  }

  const overwrite = (file: string, from: number, length: number) => {
    const bytes = readFileSync(file)
    bytes.fill(0xa5, from, from + length)
    writeFileSync(file, bytes)
  }

  it.for([
    ['cut off', (file: string) => truncateSync(file, 5_000)],
    ['with a strange header', (file: string) => overwrite(file, 0, 100)],
    ['with strange pages', (file: string) => overwrite(file, 4_096, 100_000)],
    ['of another program', (file: string) => overwrite(file, 68, 4)],
  ] as const)('is left as it is: %s', async ([, damage]) => {
    const { file, open, before } = await damaged(damage)
    const store = open()
    for (const call of [
      () => store.read('grant/1'),
      () => store.write('grant/1', 'new'),
      () => store.delete('grant/1'),
    ]) {
      const error = await failureOf(call())
      expect(error).toSatisfy(isStoreCorrupt)
      expect(error).toMatchObject({ help: expect.stringMatching(/left as it (is|was)/) as string })
    }
    await store.dispose()
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('is taken up again once it was mended', async () => {
    const { file, open, before } = await damaged(() => undefined)
    const store = open()
    overwrite(file, 4_096, 100_000)
    expect(await failureOf(store.read('grant/1'))).toSatisfy(isStoreCorrupt)
    writeFileSync(file, before)
    expect(await store.read('grant/1')).toMatchObject({ value: { text: 'x'.repeat(2_000) } })
  })

  it('is one with a value that is no JSON, of which nothing is told', async () => {
    const { open, meddle } = sqliteRig()
    const store = open()
    await store.write(KEY, 1)
    meddle('UPDATE entries SET value = ?', '{"half":"of-it')
    const error = await failureOf(store.read(KEY))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(JSON.stringify(error) + String(error)).not.toContain('of-it')
  })

  it('is one without its tables', async () => {
    const { open, meddle } = sqliteRig()
    await open().write(KEY, 1)
    meddle('DROP TABLE entries')
    await expect(open().read(KEY)).rejects.toSatisfy(isStoreCorrupt)
  })

  it('or of a newer version is not touched', async () => {
    const { open, meddle } = sqliteRig()
    await open().write(KEY, 1)
    meddle('PRAGMA user_version = 2')
    const error = await failureOf(open().write(KEY, 2))
    expect(error).toSatisfy(isStoreCorrupt)
    expect(error).toMatchObject({ message: expect.stringContaining('newer evergrant (version 2') as string })
    meddle('PRAGMA user_version = 1')
    expect((await open().read(KEY))?.value).toBe(1)
  })
})
