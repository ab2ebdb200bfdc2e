import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { PATIENT } from './support/patient.ts'
import { createRig, type Rig } from './support/rig.ts'

const PASSPHRASE = 'correct horse battery staple'

async function logInEncrypted({ url, store, fake }: Rig): Promise<void> {
  const session = createSession({
    provider: tastytrade({ environment: 'sandbox', baseUrl: url }),
    store: encryptedStore(fileStore(store), { passphrase: PASSPHRASE, kdfCost: 10 }),
  })
  await session.setCredentials(fake.credentials)
  // So that no command has to write, which would take the full price of a passphrase.
  await session.getToken()
  await session.dispose()
}

describe('where the accounts are', () => {
  it('is .secrets of this folder, or what a flag says, or what the environment says', async () => {
    const rig = await createRig()
    await rig.run(['token', '--store', 'other/.secrets'])
    expect(fileOf(rig, 'other/.secrets')).toContain('grant/default')
    await rig.run(['token'], {
      env: { ...rig.loggedIn, EVERGRANT_STORE: join(rig.folder, 'third'), EVERGRANT_ACCOUNT: 'a' },
    })
    expect(fileOf(rig, 'third')).toContain('grant/a')
    await rig.run(['token', '--account', 'b', '--store', relative(process.cwd(), rig.store)], { cwd: process.cwd() })
    expect(fileOf(rig, '.secrets')).toContain('grant/b')
  })

  it.for([['--env', 'sandbox'], []] as const)('flags win over the environment: %j', async (flags) => {
    const rig = await createRig()
    const env = { ...rig.loggedIn, EVERGRANT_ENV: 'production', EVERGRANT_BASE_URL: 'https://nobody.test' }
    const { out } = await rig.run(['status', '--json', '--base-url', rig.url, ...flags], { env })
    expect(JSON.parse(out)).toMatchObject({ issuer: rig.url, environment: flags[1] ?? 'production' })
  })

  it('may be encrypted, with the passphrase in the environment', async () => {
    const rig = await createRig()
    await logInEncrypted(rig)
    const env = { ...rig.env, EVERGRANT_PASSPHRASE: PASSPHRASE }
    const { code, out } = await rig.run(['token'], { env })
    expect(code).toBe(0)
    expect(fileOf(rig, '.secrets')).not.toContain(out.trim())
    expect((await rig.run(['accounts'], { env })).out).toMatch(/^default {2}valid/)
    expect(await rig.run(['token'], { env: { ...env, EVERGRANT_PASSPHRASE: 'not the passphrase' } })).toMatchObject({
      code: 7,
    })
  })

  it('and a person is asked for it, unseen, on the side of stderr', async () => {
    const rig = await createRig()
    await logInEncrypted(rig)
    const asked = rig.start(['token'], { env: rig.env, tty: true })
    await expect.poll(() => asked.err(), PATIENT).toContain('The passphrase of')
    asked.type(`${PASSPHRASE}\r`)
    const { code, out, err } = await asked.ended
    expect(code).toBe(0)
    expect(out).toMatch(/^ey[\w.-]+\n$/)
    expect(err).not.toContain(PASSPHRASE)
    const left = rig.start(['token'], { env: rig.env, tty: true })
    await expect.poll(() => left.err(), PATIENT).toContain('The passphrase of')
    left.interrupt()
    expect((await left.ended).code).toBe(130)
  })

  it('and without a terminal the command says what to set', async () => {
    const rig = await createRig()
    await logInEncrypted(rig)
    const { code, err } = await rig.run(['token'], { env: rig.env })
    expect(code).toBe(2)
    expect(err).toMatch(/is encrypted.*\(unsupported\)\n {2}Set EVERGRANT_PASSPHRASE/)
  })
})

describe('a place that cannot be written', () => {
  it('costs no login', async () => {
    const rig = await createRig()
    writeFileSync(join(rig.folder, 'file'), '')
    const { code, out, err } = await rig.run(['token', '--store', 'file/.secrets'])
    expect({ code, out }).toEqual({ code: 7, out: '' })
    expect(err).toContain('(store-unavailable)')
    expect(rig.fake.tokenRequests).toBe(0)
  })
})

describe.skipIf(process.platform === 'win32')('a store that others can read', () => {
  it.for(['status', 'token', 'accounts', 'logout', 'refresh'])('is not used by %s', async (command) => {
    const rig = await createRig()
    await rig.run(['token'])
    chmodSync(rig.store, 0o644)
    const { code, out, err } = await rig.run([command])
    expect({ code, out }).toEqual({ code: 7, out: '' })
    expect(err).toMatch(/\(store-insecure\)\n {2}Run: chmod 600 /)
  })
})

function fileOf({ folder }: Rig, name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}
