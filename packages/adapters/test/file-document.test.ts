import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isInvalidOptions, isStoreCorrupt, type Json, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failure-of.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

function storeWith(content: string | Uint8Array): { path: string; store: TokenStore } {
  const path = join(temporaryFolder(), '.secrets')
  writeFileSync(path, content, { mode: 0o600 })
  return { path, store: fileStore(path) }
}

function documentOf(entries: unknown, version: unknown = 1, format = 'evergrant'): string {
  return JSON.stringify({ format, version, entries })
}

describe('the file of a file store', () => {
  it('is readable JSON with all accounts in it', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const store = fileStore(path)
    const first = await store.write('grant/default', { a: 1 })
    const second = await store.write('grant/ünïcode', ['✓'])
    expect(readFileSync(path, 'utf8')).toBe(`{
  "format": "evergrant",
  "version": 1,
  "entries": {
    "grant/default": {
      "revision": "${first}",
      "value": {
        "a": 1
      }
    },
    "grant/ünïcode": {
      "revision": "${second}",
      "value": [
        "✓"
      ]
    }
  }
}
`)
    expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
  })

  it('is read as somebody else wrote it', async () => {
    const { store } = storeWith(
      documentOf({ a: { revision: '7', value: null }, b: { revision: 'x', value: { c: [] } } }),
    )
    expect(await store.read('a')).toEqual({ revision: '7', value: null })
    expect(await store.read('b')).toEqual({ revision: 'x', value: { c: [] } })
    await store.write('a', 2, { expect: '7' })
    expect(await store.read('b')).toEqual({ revision: 'x', value: { c: [] } })
  })

  it('is not made by reading or deleting what is not there', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await fileStore(path).delete('a')
    expect(await fileStore(path).read('a')).toBeNull()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('keeps a relative path when the process changes its folder', async () => {
    const folder = temporaryFolder()
    const before = process.cwd()
    try {
      process.chdir(folder)
      const store = fileStore('.secrets')
      process.chdir('/')
      await store.write('a', 1)
    } finally {
      process.chdir(before)
    }
    expect(readdirSync(folder)).toEqual(['.secrets'])
  })

  it('takes the value as it is when write is called', async () => {
    const store = fileStore(join(temporaryFolder(), '.secrets'))
    const value = { list: [1] }
    const writing = store.write('a', value)
    value.list.push(2)
    await writing
    expect((await store.read('a'))?.value).toEqual({ list: [1] })
  })

  it('takes nothing that is not JSON', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    for (const value of [undefined, () => 1, 1n, cycle]) {
      await expect(fileStore(path).write('a', value as Json)).rejects.toSatisfy(isInvalidOptions)
    }
    expect(readdirSync(join(path, '..'))).toEqual([])
    expect(() => fileStore('')).toThrow('path')
    expect(() => fileStore(path, { maxLockWait: Number.NaN })).toThrow('maxLockWait')
  })
})

describe('a file that cannot be read is refused and stays as it is', () => {
  const whole = documentOf({ a: { revision: '1', value: 'canary-4f1d' } })
  const cases: Readonly<Record<string, { content: string | Uint8Array; says: string; help: string }>> = {
    'cut off': { content: whole.slice(0, -9), says: 'not whole', help: 'backup' },
    'of zero bytes': { content: '', says: 'is empty', help: 'never held anything, delete it' },
    'of blanks': { content: ' \n', says: 'not whole', help: 'backup' },
    'with zeros at its end': { content: `${whole}\0\0\0`, says: 'not whole', help: 'backup' },
    'of lines with assignments': { content: 'CLIENT_SECRET=canary-4f1d\n', says: 'not whole', help: 'move it away' },
    'not in UTF-8': { content: Buffer.from(whole.replace('canary', 'ÿ'), 'latin1'), says: 'not whole', help: 'backup' },
    'that is a JSON array': { content: '[]', says: 'is damaged', help: 'backup' },
    'of another program': {
      content: '{"client_secret":"canary-4f1d"}',
      says: 'not a file of evergrant',
      help: 'another path',
    },
    'of a newer version': { content: documentOf({}, 2), says: 'newer evergrant (version 2', help: 'Update evergrant' },
    'of no version': { content: documentOf({}, '1'), says: 'is damaged', help: 'backup' },
    'without entries': { content: documentOf([]), says: 'is damaged', help: 'backup' },
    'with an entry without value': { content: documentOf({ a: { revision: '1' } }), says: 'an entry', help: 'backup' },
    'with an entry without revision': {
      content: documentOf({ a: { revision: '', value: 1 } }),
      says: 'an entry',
      help: 'backup',
    },
    'with an entry that is null': { content: documentOf({ a: null }), says: 'an entry', help: 'backup' },
  }

  for (const [title, { content, says, help }] of Object.entries(cases)) {
    it(`one ${title}`, async () => {
      const { path, store } = storeWith(content)
      const attempts = [store.read('a'), store.write('a', 1), store.write('b', 1, { expect: null }), store.delete('a')]
      const failures = await Promise.all(attempts.map(failureOf))
      for (const failure of failures) {
        expect(failure).toSatisfy(isStoreCorrupt)
        expect(failure).toMatchObject({
          message: expect.stringContaining(says) as string,
          help: expect.stringContaining(help) as string,
          details: { location: path },
        })
        // P11: what a parser could not read may be a secret.
        expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('canary')
        expect((failure as Error).cause).toBeUndefined()
      }
      expect(readFileSync(path)).toEqual(Buffer.from(content))
      expect(readdirSync(join(path, '..'))).toEqual(['.secrets'])
    })
  }

  it('and is used again once it is mended', async () => {
    const { path, store } = storeWith(whole.slice(0, -9))
    await expect(store.write('a', 1)).rejects.toSatisfy(isStoreCorrupt)
    writeFileSync(path, whole)
    chmodSync(path, 0o600)
    expect((await store.read('a'))?.value).toBe('canary-4f1d')
    await store.write('a', 1, { expect: '1' })
  })
})
