import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '@evergrant/adapters/sqlite'
import { describe, expect, it } from 'vitest'
import { createKeeperRig } from './keeper-rig.ts'

const KEY = /^egk_[0-9A-Za-z]{12}_[\w-]{43}$/
const NEW_KEY = Buffer.alloc(32, 7).toString('base64')

describe('evergrant keys', () => {
  it('makes a key and prints it alone, this once', async () => {
    const rig = await createKeeperRig()
    const { code, out, err } = await rig.run(['keys', 'create', '--admin'])
    expect(code).toBe(0)
    expect(out.trim()).toMatch(KEY)
    expect(err).not.toContain(out.trim())
    const { out: list } = await rig.run(['keys', 'list'])
    expect(list).toMatch(new RegExp(`^${out.slice(4, 16)} +admin +admin +all accounts .* good$`, 'm'))
    expect(list).not.toContain(out.trim().slice(17))
  })

  it('makes one for what is asked, and lists it for a machine', async () => {
    const rig = await createKeeperRig()
    const words = ['--name', 'bot', '--account', 'anna', '--account', 'bert', '--scope', 'proxy', '--expires', '1h']
    const { out } = await rig.run(['keys', 'create', '--json', ...words])
    const made = JSON.parse(out) as { key: string; id: string; createdAt: number; expiresAt: number }
    expect(made).toMatchObject({ name: 'bot', scopes: ['proxy'], accounts: ['anna', 'bert'], revokedAt: null })
    expect(made.expiresAt - made.createdAt).toBeGreaterThan(3_590_000)
    const { out: list } = await rig.run(['keys', 'list', '--json'])
    const { key, ...shown } = made
    expect(JSON.parse(list)).toEqual([shown])
    expect(list).not.toContain(key.slice(17))
  })

  it.for(['list', 'list --json', `revoke ${'a'.repeat(12)}`])('makes nothing for %s', async (words) => {
    const rig = await createKeeperRig()
    const { code, out, err } = await rig.run(['keys', ...words.split(' ')])
    const list = words.startsWith('list')
    expect({ code, out }).toEqual({ code: list ? 0 : 2, out: words.endsWith('--json') ? '[]\n' : '' })
    expect(err).not.toContain('sealing key')
    expect(existsSync(rig.data)).toBe(false)
  })

  it('lists nothing of a store that is empty, and makes no key for it', async () => {
    const rig = await createKeeperRig()
    const file = join(rig.folder, 'empty.db')
    const empty = sqliteStore({ file })
    await expect(empty.keys?.('')).resolves.toEqual([])
    await empty[Symbol.asyncDispose]()
    const { code, err } = await rig.run(['keys', 'list', '--store', `sqlite:${file}`])
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('There is no API key') as string })
    expect(readdirSync(rig.folder)).not.toContain('keeper.key')
  })

  it('revokes one for good', async () => {
    const rig = await createKeeperRig()
    const id = (await rig.admin()).slice(4, 16)
    expect(await rig.run(['keys', 'revoke', id])).toMatchObject({ code: 0, out: '' })
    expect((await rig.run(['keys', 'list'])).out).toMatch(/ revoked /)
    const unknown = await rig.run(['keys', 'revoke', 'a'.repeat(12)])
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('(key-not-found)') })
  })

  it.for([
    [['create', '--name', 'bot'], 'Which accounts the key is for'],
    [['create', '--name', 'bot', '--account', 'a', '--all-accounts'], 'Which accounts the key is for'],
    [['create', '--account', 'anna'], 'The key has no name'],
    [['create', '--admin', '--scope', 'token'], '--admin is for everything'],
    [['create', '--name', 'b', '--all-accounts', '--scope', 'root'], 'There is no scope "root"'],
    [['create', '--name', 'b', '--account', '../b'], 'accounts: is neither'],
    [['revoke', 'egk_whole_key'], 'This is no id of an API key'],
    [['list', '--store', 'mysql://x'], 'This is no address of a store'],
    [['list', '--store', 'postgres://me:test-secret@host/db'], 'A password in --store'],
  ] as const)('says of %j what to write instead', async ([argv, message]) => {
    const rig = await createKeeperRig()
    const { code, out, err } = await rig.run(['keys', ...argv])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/\n {2}\S.*\n$/)
    expect(err).not.toContain('test-secret')
  })
})

describe('a store that several keepers share', () => {
  it.for(['postgres', 'redis'])('at %s that does not answer is told without its password', async (scheme) => {
    const rig = await createKeeperRig()
    const store = `${scheme}://me:test-secret@127.0.0.1:1/5`
    const env = { ...rig.home, EVERGRANT_KEEPER_STORE: store, EVERGRANT_KEEPER_KEY: NEW_KEY }
    const { code, out, err } = await rig.run(['keys', 'list'], { env })
    expect({ code, out }).toEqual({ code: 7, out: '' })
    expect(err).toContain('(store-unavailable)')
    expect(err).not.toContain('test-secret')
  })
})

describe('the sealing key', () => {
  it('is made with the store, for its owner alone, and loudly', async () => {
    const rig = await createKeeperRig()
    const { err } = await rig.run(['keys', 'create', '--admin'])
    const file = join(rig.data, 'keeper.key')
    expect(err).toContain(`A new sealing key was made: ${file}\n  BACK THIS FILE UP`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/^[\w+/]{43}=\n$/)
    expect(err).not.toContain(readFileSync(file, 'utf8').trim())
    expect((await rig.run(['keys', 'list'])).err).toBe('')
  })

  it('may come from the environment', async () => {
    const rig = await createKeeperRig()
    const env = { ...rig.home, EVERGRANT_KEEPER_KEY: NEW_KEY }
    expect(await rig.run(['keys', 'create', '--admin'], { env })).toMatchObject({ code: 0 })
    expect(() => statSync(join(rig.data, 'keeper.key'))).toThrow('ENOENT')
    const bad = await rig.run(['keys', 'list'], { env: { ...env, EVERGRANT_KEEPER_KEY: 'test-short' } })
    expect(bad).toMatchObject({ code: 2, err: expect.stringContaining('it is not 32 bytes') })
    expect(bad.err).not.toContain('test-short')
  })

  it('is not made anew for a store that has something in it', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const file = join(rig.data, 'keeper.key')
    rmSync(file)
    const { code, err } = await rig.run(['keys', 'list'])
    expect(code).toBe(7)
    expect(err).toContain('(sealing-key-missing)\n  The store is not empty: put back the key')
    expect(() => statSync(file)).toThrow('ENOENT')
  })

  it('is refused if others can read it', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const file = join(rig.data, 'keeper.key')
    chmodSync(file, 0o640)
    const { code, err } = await rig.run(['keys', 'list'])
    expect(code).toBe(7)
    expect(err).toContain(`(store-insecure)\n  Run: chmod 600 ${file}`)
  })

  it('of another store is found out before anything is changed', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const env = { ...rig.home, EVERGRANT_KEEPER_KEY: NEW_KEY }
    for (const argv of [
      ['keys', 'list'],
      ['keys', 'create', '--admin'],
      ['serve', '--port', '0'],
    ]) {
      const { code, out, err } = await rig.run(argv, { env })
      expect({ code, out }).toEqual({ code: 7, out: '' })
      expect(err).toContain('this sealing key is not the one of this store')
    }
    expect(JSON.parse((await rig.run(['keys', 'list', '--json'])).out)).toHaveLength(1)
  })

  it('can be replaced, as long as the one before it is named', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const old = join(rig.data, 'keeper.key')
    const next = join(rig.folder, 'next.key')
    writeFileSync(next, `${NEW_KEY}\n`, { mode: 0o600 })
    const both = ['--key-file', next, '--previous-key-file', old]
    expect(await rig.run(['keys', 'list', ...both])).toMatchObject({ code: 0, err: '' })
    expect(await rig.run(['keys', 'list', '--key-file', next])).toMatchObject({ code: 7 })
    const gone = await rig.run(['keys', 'list', '--key-file', next, '--previous-key-file', join(rig.folder, 'none')])
    expect(gone).toMatchObject({ code: 7, err: expect.stringContaining('(sealing-key-missing)') })
  })
})
