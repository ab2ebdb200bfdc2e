import { memoryStore, type Json } from '@evergrant/core'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it, vi } from 'vitest'
import { encryptedStore } from '../../src/encrypted.ts'
import { bundlePage } from './bundle-page.ts'
import { callerOf } from './call-program.ts'
import { createFamily } from './family.ts'
import { dump } from './meddling.ts'
import { createPageRig } from './page-rig.ts'
import type { EncryptedProgram } from './pages/encrypted.ts'

const KEY = 'grant/default'
const ITEM = `evergrant:${KEY}`
const PASSPHRASE = { passphrase: 'an invented passphrase', kdfCost: 10 } as const
const HEX = { key: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' } as const
const BY_PASSPHRASE = { over: 'localStorage', with: PASSPHRASE } as const
const BY_KEY = { over: 'localStorage', with: HEX } as const

const canaries = plantCanaries()
const value = { refreshToken: canaries.plant('refresh token'), clientSecret: canaries.plant('client secret') }
const ok = { code: 'ok', message: '', help: '' }

const rig = createPageRig<EncryptedProgram>('encrypted')
const { call, open, heard } = rig

const items = (from = rig.page): Promise<Record<string, string>> =>
  from.evaluate(() => Object.fromEntries(Object.entries(localStorage)) as Record<string, string>)
const setItem = (text: string) =>
  rig.page.evaluate(([name, next]) => localStorage.setItem(name as string, next as string), [ITEM, text])

describe('a store that is sealed in a page', () => {
  it.for([BY_PASSPHRASE, BY_KEY])(
    'P11 leaves nothing to read in localStorage, and opens it in the next page',
    async (kind) => {
      expect(await call('write', kind, value)).toEqual(ok)
      const stored = await items()
      expect(stored[ITEM]).toContain('evergrant/sealed')
      expectNoCanary(stored, canaries)
      const next = callerOf<EncryptedProgram>(await open())
      expect(await next('value', kind)).toEqual(value)
    },
  )

  it('writes what Node opens, and opens what Node has written', async () => {
    await call('write', BY_PASSPHRASE, value)
    const item = JSON.parse((await items())[ITEM] ?? '') as { readonly value: Json }
    const inner = memoryStore()
    await inner.write(KEY, item.value)
    const store = encryptedStore(inner, PASSPHRASE)
    expect((await store.read(KEY))?.value).toEqual(value)

    await store.write(KEY, 'of Node')
    await setItem(JSON.stringify({ ...item, value: (await inner.read(KEY))?.value }))
    expect(await call('value', BY_PASSPHRASE)).toBe('of Node')
  })

  it('P11 seals on top of IndexedDB, whose own key never leaves the browser', async () => {
    const kind = { over: 'IndexedDB', with: HEX } as const
    expect(await call('write', kind, value)).toEqual(ok)
    expect(await call('value', kind)).toEqual(value)
    expectNoCanary(await dump(rig.page), canaries)
  })

  it('reaches as far as the store beneath', async () => {
    expect(await call('sharing', BY_KEY)).toBe('host')
    expect(await call('sharing', { over: 'IndexedDB', with: HEX })).toBe('host')
    expect(await call('sharing', { over: 'memory', with: HEX })).toBe('process')
  })

  it('P12 gives the page turns of its own while a passphrase is made a key', async () => {
    const dear = { over: 'memory', with: { ...PASSPHRASE, kdfCost: 15 } } as const
    expect(await call('turns', dear)).toBeGreaterThan(0)
  })
})

describe('what a page cannot open', () => {
  const refused = (message: RegExp, help: RegExp) => {
    const outcome = {
      code: 'store-corrupt',
      message: expect.stringMatching(message) as string,
      help: expect.stringMatching(help) as string,
    }
    return [outcome, outcome, outcome]
  }

  it.for([
    { ...BY_PASSPHRASE, with: { ...PASSPHRASE, passphrase: 'another invented passphrase' } },
    { ...BY_KEY, with: { key: HEX.key.replaceAll('0', '1') } },
    BY_KEY,
  ])('P11 with a key that is not the right one is said, and left as it is', async (wrong) => {
    await call('write', BY_PASSPHRASE, value)
    const before = await items()
    expect(await call('use', wrong)).toEqual(refused(/sealed with another key/, /previousPassphrases.*left as it is/))
    expect(await items()).toEqual(before)
    expect(await call('value', BY_PASSPHRASE)).toEqual(value)
  })

  it.for<[string, (text: string) => string, RegExp, RegExp]>([
    ['tampered with', (text) => text.replace(/"sealed":"..../, '"sealed":"AAAA'), /tampered with/, /restore it/],
    ['cut', (text) => text.replace(/("sealed":"....)[^"]*/, '$1'), /is damaged/, /Restore it from a backup/],
    ['in clear', (text) => text.replace(/"value":.*/, '"value":"planted"}'), /not sealed/, /acceptPlain/],
  ])('P11 since it is %s is said, and left as it is', async ([, spoil, message, help]) => {
    await call('write', BY_PASSPHRASE, value)
    const spoiled = spoil((await items())[ITEM] ?? '')
    await setItem(spoiled)
    expect(await call('use', BY_PASSPHRASE)).toEqual(refused(message, help))
    expect((await items())[ITEM]).toBe(spoiled)
  })

  it('P11 is shown without a secret wherever a page can show it', async () => {
    await call('write', BY_PASSPHRASE, value)
    const shown = await call('show', { ...BY_PASSPHRASE, with: HEX })
    expect(shown).toContain('store-corrupt')
    await vi.waitFor(() => expect(heard).toHaveLength(6))
    const said = heard.splice(0)
    for (const line of said) expect(line).toMatch(/grant\/default|Object/)
    expectNoCanary([shown, said], canaries)
    for (const text of [HEX.key, PASSPHRASE.passphrase]) expect(shown + said.join()).not.toContain(text)
  })

  it('is refused at once where there is no WebCrypto', async () => {
    const insecure = callerOf<EncryptedProgram>(await open(rig.url.replace('127.0.0.1', 'insecure.test')))
    expect(await insecure('create', BY_KEY)).toEqual({
      code: 'store-unavailable',
      message: expect.stringContaining('no WebCrypto') as string,
      help: expect.stringContaining('https') as string,
    })
  })
})

describe('tabs that share a sealed store', () => {
  it('P1 P11 spend a grant once for each token, leave nothing to read, and go on where others left off', async () => {
    const script = await bundlePage('tab')
    await using family = await createFamily({
      browser: rig.browser,
      script,
      store: 'sealed localStorage',
      rotation: 'strict',
    })
    const { fake, tabs, live } = family
    const secrets = plantCanaries()
    secrets.note('client secret', fake.credentials.clientSecret)
    const well = (generation: number) => ({ outcomes: ['ok'], state: 'valid', generation })
    for (const generation of [1, 2, 3]) {
      secrets.note(`refresh token ${generation}`, fake.currentRefreshToken())
      expect(await live(tabs, generation === 1 ? 0 : 600_000, generation)).toEqual([well(generation), well(generation)])
    }
    secrets.note('the last refresh token', fake.currentRefreshToken())
    expect([...fake.spent.values()].map(({ sent }) => sent)).toEqual([1, 1, 1])

    const late = await family.open()
    expect(await late.call('ask')).toBe(3)
    expect(fake.tokenRequests).toBe(3)
    const opened = JSON.stringify(await late.call('read', KEY))
    const [, accessToken = ''] = /"(eyJ[\w.-]+)"/.exec(opened) ?? []
    secrets.note('access token', accessToken)
    expect(opened).toContain(fake.currentRefreshToken())
    expectNoCanary(await items(late.page), secrets)
    expect(family.heard).toEqual([])
  })
})
