// Not in a browser: what a server that renders the pages meets.
import { expect, it } from 'vitest'
import { indexedDbStore } from '../../src/indexeddb.ts'
import { webStorageStore } from '../../src/web-storage.ts'

it.each([
  ['webStorageStore', () => webStorageStore(), /no localStorage/],
  ['indexedDbStore', () => indexedDbStore(), /no IndexedDB/],
] as const)(
  '%s can be created where there is no storage, and says so when it is used',
  async (_name, create, message) => {
    const store = create()
    const refused = { code: 'store-unavailable', message: expect.stringMatching(message) as string }
    await expect(store.read('grant/default')).rejects.toMatchObject(refused)
    await expect(store.write('grant/default', 1)).rejects.toMatchObject(refused)
    const lease = store.lease('grant/default', { ttl: 1_000, signal: new AbortController().signal })
    await expect(lease).rejects.toMatchObject(refused)
  },
)

it('options that cannot work are refused at once', () => {
  const invalid = (option: string) => expect.objectContaining({ code: 'invalid-options', details: { option } }) as Error
  expect(() => webStorageStore({ prefix: '' })).toThrow(invalid('prefix'))
  expect(() => webStorageStore({ storage: {} as Storage })).toThrow(invalid('storage'))
  expect(() => indexedDbStore({ database: '' })).toThrow(invalid('database'))
  for (const maxWait of [0, -1, NaN, Infinity]) {
    expect(() => indexedDbStore({ maxWait })).toThrow(invalid('maxWait'))
  }
})
