import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { fileStore } from '@evergrant/adapters/file'
import { memoryStore, type TokenStore } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './support/temporary-folder.ts'

describe('the keys of a file store', () => {
  it('are those that begin as asked, also in a file that was never written', async () => {
    const path = join(temporaryFolder(), '.secrets')
    const store = fileStore(path)
    expect(await store.keys?.('')).toEqual([])
    await store.write('grant/a', 1)
    await store.write('issuer/x', 2)
    await fileStore(path).write('grant/__proto__', 3)
    expect((await store.keys?.('grant/'))?.toSorted()).toEqual(['grant/__proto__', 'grant/a'])
    expect(await store.keys?.('')).toHaveLength(3)
    await store.delete('grant/a')
    expect(await store.keys?.('grant/')).toEqual(['grant/__proto__'])
  })

  it('are not made up for a file that cannot be read', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await writeFile(path, '{', { mode: 0o600 })
    await expect(fileStore(path).keys?.('')).rejects.toMatchObject({ code: 'store-corrupt' })
  })
})

describe('the keys of an encrypted store', () => {
  it('are those of the store below, where it can list them', async () => {
    const inner = memoryStore()
    const sealed = encryptedStore(inner, { key: new Uint8Array(32) })
    await sealed.write('grant/a', 1)
    expect(await sealed.keys?.('grant/')).toEqual(['grant/a'])
    const mute: TokenStore = { ...memoryStore() }
    delete mute.keys
    expect('keys' in encryptedStore(mute, { key: new Uint8Array(32) })).toBe(false)
  })
})
