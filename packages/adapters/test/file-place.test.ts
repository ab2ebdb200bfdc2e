import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isInvalidOptions, isStoreInsecure, isStoreUnavailable, type EvergrantError } from '@evergrant/core'
import { describe, expect, it, vi } from 'vitest'
import { failureOf } from './support/failure-of.ts'
import { runProcess } from './support/file-store-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const KEY = 'grant/default'
const NOBODY = 65534
const isRoot = process.getuid?.() === 0

// For slow machines: nothing here waits for time, but some cases start a process.
vi.setConfig({ testTimeout: 60_000 })

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777
}

describe('where a file store keeps its file', () => {
  it.for(['~', '~/secrets.json', '~\\secrets.json'])('is no folder with the name of %s', (path) => {
    expect(() => fileStore(path)).toThrow(
      expect.objectContaining({ code: 'invalid-options', help: expect.stringContaining('join(homedir(), ') as string }),
    )
    expect(existsSync('~')).toBe(false)
  })

  it.for([undefined, null, 5, ''])('is no %o', (path) => {
    expect(() => fileStore(path as string)).toThrow(expect.toSatisfy(isInvalidOptions))
  })

  it('may have a name that begins so', async () => {
    const path = join(temporaryFolder(), '~notes')
    await fileStore(path).write(KEY, 1)
    expect(readFileSync(path, 'utf8')).toContain('"value": 1')
  })

  it('P11 is a file of mode 0600 in folders of mode 0700, whatever the umask', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a', 'b', '.secrets')
    const umask = process.umask(0)
    try {
      const lease = await fileStore(path).lease(KEY, { ttl: 60_000, signal: new AbortController().signal })
      await fileStore(path).write(KEY, 1, { lease })
      expect(modeOf(`${path}.leases`)).toBe(0o600)
      await lease.release()
    } finally {
      process.umask(umask)
    }
    expect([modeOf(join(folder, 'a')), modeOf(join(folder, 'a', 'b')), modeOf(path)]).toEqual([0o700, 0o700, 0o600])
  })

  it('is still private after a umask that takes everything away', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const umask = process.umask(0o777)
    try {
      await fileStore(path).write(KEY, 1)
    } finally {
      process.umask(umask)
    }
    expect(modeOf(path)).toBe(0o600)
  })

  for (const mode of [0o640, 0o604, 0o660, 0o602, 0o610, 0o666]) {
    it(`P11 is refused with mode ${mode.toString(8)}, and says how to mend it`, async () => {
      const path = join(temporaryFolder(), '.secrets')
      await fileStore(path).write(KEY, 1)
      const before = readFileSync(path)
      chmodSync(path, mode)
      for (const attempt of [fileStore(path).read(KEY), fileStore(path).write(KEY, 2), fileStore(path).delete(KEY)]) {
        await expect(attempt).rejects.toSatisfy(isStoreInsecure)
        await expect(attempt).rejects.toMatchObject({ help: `Run: chmod 600 ${path}`, details: { location: path } })
      }
      expect(readFileSync(path)).toEqual(before)
      expect(modeOf(path)).toBe(mode)
      spawnSync('sh', ['-c', `chmod 600 ${path}`])
      expect((await fileStore(path).read(KEY))?.value).toBe(1)
    })
  }

  it('may be readable by others where that is asked for, and stays so', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await fileStore(path).write(KEY, 1)
    chmodSync(path, 0o640)
    const store = fileStore(path, { allowReadableByOthers: true })
    expect((await store.read(KEY))?.value).toBe(1)
    await store.write(KEY, 2)
    expect(modeOf(path)).toBe(0o640)
    chmodSync(path, 0o660)
    await expect(store.read(KEY)).rejects.toSatisfy(isStoreInsecure)
    await expect(store.read(KEY)).rejects.toMatchObject({ help: `Run: chmod go-w ${path}` })
  })

  it('P11 is refused in a folder where everybody may replace it', async () => {
    const folder = join(temporaryFolder(), "it's open")
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const path = join(folder, '.secrets')
    for (const attempt of [fileStore(path).read(KEY), fileStore(path).write(KEY, 2)]) {
      await expect(attempt).rejects.toSatisfy(isStoreInsecure)
    }
    const failure = (await failureOf(fileStore(path).read(KEY))) as EvergrantError
    const command = /Run: (.*?) {3}/.exec(failure.help)?.[1] ?? ''
    spawnSync('sh', ['-c', command])
    expect(modeOf(folder)).toBe(0o775)
    await fileStore(path).write(KEY, 2)
  })

  it('may be a shared folder with the sticky bit', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o1777)
    await fileStore(join(folder, '.secrets')).write(KEY, 1)
    expect((await fileStore(join(folder, '.secrets')).read(KEY))?.value).toBe(1)
  })
})

describe('a symbolic link', () => {
  it('is followed, and stays when the file is replaced', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'real'))
    mkdirSync(join(folder, 'linked'))
    const [target, link, linkToLink] = [join(folder, 'real', 'target'), join(folder, 'linked', 'a'), join(folder, 'b')]
    symlinkSync('../real/target', link)
    symlinkSync(link, linkToLink)
    await fileStore(linkToLink).write(KEY, 'through links that point at nothing yet')
    const revision = await fileStore(link).write(KEY, 'again')
    expect(await fileStore(target).read(KEY)).toEqual({ value: 'again', revision })
    expect([lstatSync(link).isSymbolicLink(), lstatSync(linkToLink).isSymbolicLink()]).toEqual([true, true])
    expect([readdirSync(join(folder, 'real')), readdirSync(join(folder, 'linked'))]).toEqual([['target'], ['a']])
  })

  it('is judged by the file it leads to', async () => {
    const folder = temporaryFolder()
    await fileStore(join(folder, 'target')).write(KEY, 1)
    chmodSync(join(folder, 'target'), 0o644)
    symlinkSync('target', join(folder, 'link'))
    const reading = fileStore(join(folder, 'link')).read(KEY)
    await expect(reading).rejects.toMatchObject({ help: `Run: chmod 600 ${join(folder, 'target')}` })
  })

  it('that leads in a circle is refused', async () => {
    const folder = temporaryFolder()
    symlinkSync('a', join(folder, 'b'))
    symlinkSync('b', join(folder, 'a'))
    await expect(fileStore(join(folder, 'a')).read(KEY)).rejects.toSatisfy(isStoreUnavailable)
    await expect(fileStore(join(folder, 'a')).write(KEY, 1)).rejects.toSatisfy(isStoreUnavailable)
  })
})

describe('what the operating system refuses is store-unavailable', () => {
  it('a folder in place of the file', async () => {
    const path = join(temporaryFolder(), '.secrets')
    mkdirSync(path)
    await expect(fileStore(path).read(KEY)).rejects.toSatisfy(isStoreUnavailable)
    await expect(fileStore(path).write(KEY, 1)).rejects.toSatisfy(isStoreUnavailable)
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('a named pipe, without waiting for its other end', async () => {
    const path = join(temporaryFolder(), '.secrets')
    expect(spawnSync('mkfifo', ['-m', '600', path]).status).toBe(0)
    await expect(fileStore(path).read(KEY)).rejects.toSatisfy(isStoreUnavailable)
  })

  it('a file in place of the folder', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    for (const path of [join(folder, 'file', '.secrets'), join(folder, 'file', 'deep', '.secrets')]) {
      await expect(fileStore(path).write(KEY, 1)).rejects.toSatisfy(isStoreUnavailable)
      await expect(fileStore(path).write(KEY, 1)).rejects.toHaveProperty('cause.code')
    }
  })

  it('a folder that may not be written', async () => {
    const folder = temporaryFolder()
    const path = join(folder, '.secrets')
    await fileStore(path).write(KEY, 'old')
    const before = readFileSync(path)
    if (isRoot) chownSync(path, NOBODY, NOBODY)
    chmodSync(folder, 0o555)
    const writer = await runProcess({ do: 'write', path, key: KEY, size: 10, asNobody: true })
    expect(await writer.hear()).toEqual({
      said: 'failed',
      code: 'store-unavailable',
      message: `Cannot lock ${path} (EACCES)`,
      help: expect.stringContaining('folder must be writable') as string,
    })
    const reader = await runProcess({ do: 'read', path, key: KEY, asNobody: true })
    expect(await reader.hear()).toEqual({ said: 'done', value: 'old' })
    expect(readFileSync(path)).toEqual(before)
    chmodSync(folder, 0o700)
    expect(readdirSync(folder)).toEqual(['.secrets'])
  })

  it('a file that may not be read', async () => {
    const folder = temporaryFolder()
    const path = join(folder, '.secrets')
    await fileStore(path).write(KEY, 'old')
    const before = readFileSync(path)
    chmodSync(folder, 0o755)
    // Root's file for nobody; for anybody else their own file without the right to read.
    if (!isRoot) chmodSync(path, 0o200)
    const reader = await runProcess({ do: 'read', path, key: KEY, asNobody: true })
    expect(await reader.hear()).toMatchObject({
      said: 'failed',
      code: 'store-unavailable',
      message: `Cannot read ${path} (EACCES)`,
    })
    chmodSync(path, 0o600)
    expect(readFileSync(path)).toEqual(before)
  })
})
