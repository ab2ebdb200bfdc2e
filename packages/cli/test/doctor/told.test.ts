import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encryptedStore } from '@evergrant/adapters/encrypted'
import { fileStore } from '@evergrant/adapters/file'
import { describe, expect, it } from 'vitest'
import { failure } from '../../src/doctor/finding.ts'
import { findingView } from '../../src/doctor/findings-view.ts'
import { createRig } from '../support/rig.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createVirtualRig } from '../support/virtual-rig.ts'
import { diagnose } from './diagnosis.ts'

describe('what a person reads', () => {
  it('has the level in words, the cause, the steps and the page', () => {
    const told = failure('grant', 'login-dead', {
      title: 'It is dead.',
      cause: 'Because\u001B[31m.',
      next: ['First.', 'Second.'],
      page: 'https://example.com/',
    })
    expect(findingView(told, (_, text) => text)).toBe(
      [
        'error    It is dead.',
        '         why   Because [31m.',
        '         next  1. First.',
        '               2. Second.',
        '         page  https://example.com/',
        '',
      ].join('\n'),
    )
  })

  it('ends with a count, and with what it cost', async () => {
    const { env, run } = createVirtualRig({ skew: 7_200_000 })
    expect((await run(['doctor'])).out).toMatch(/\n\n1 warning\. No login was spent\.\n$/)
    const wrong = { ...env, TASTY_CLIENT_SECRET: 'e'.repeat(40) }
    expect((await run(['doctor', '--yes'], { env: wrong })).out).toMatch(
      /\n\n1 error, 1 warning\. One login was spent\.\n$/,
    )
  })

  it('is coloured on a terminal only, and shows there what is under way', async () => {
    const { env, fake, run } = createVirtualRig()
    fake.fail('slow', { on: 'all', delay: 2_000 })
    const plain = await run(['doctor', '--no-login'])
    expect(plain.out).not.toContain('\u001B')
    expect(plain.err).toBe('')
    const terminal = await run(['doctor', '--no-login'], { tty: true })
    expect(terminal.out).toContain('\u001B[32mok\u001B[39m       evergrant')
    for (const step of ['Reading the store …', 'Asking https://api.tastyworks.com …', 'Looking for other programs …']) {
      expect(terminal.err).toContain(step)
    }
    // The last line goes again.
    expect(terminal.err.endsWith('\u001B[1A\u001B[0J')).toBe(true)
    const bare = await run(['doctor', '--no-login'], { tty: true, env: { ...env, NO_COLOR: '1' } })
    expect(bare.out).not.toContain('\u001B')
  })
})

describe('what a machine reads', () => {
  it('is one line with a stable shape', async () => {
    const { clock, folder, run } = createVirtualRig()
    const { report, code } = await diagnose({ run }, ['--yes'])
    expect(code).toBe(0)
    const { findings, ...rest } = report
    expect(rest).toEqual({
      well: true,
      exitCode: 0,
      at: clock.now(),
      environment: 'production',
      server: 'https://api.tastyworks.com',
      store: join(folder, '.secrets'),
      account: 'default',
      logins: 1,
    })
    for (const finding of findings) {
      expect(Object.keys(finding)).toEqual(['check', 'level', 'title', 'cause', 'next', 'page', 'facts', 'ending'])
    }
    expect([...new Set(findings.map(({ check }) => check))]).toEqual([
      'versions',
      'files',
      'credentials',
      'refresh-token',
      'grant',
      'block',
      'budget',
      'last-success',
      'processes',
      'reachability',
      'clock',
      'user-agent',
      'login',
      'api',
      'scopes',
      'browser',
    ])
  })

  it('is told a command line that cannot be used as such', async () => {
    const { run } = createVirtualRig()
    expect(await run(['doctor', '--base-url', 'http://example.com'])).toMatchObject({ code: 2, out: '' })
    expect(await run(['doctor', '--bogus'])).toMatchObject({ code: 2, out: '' })
    expect((await run(['doctor', '--help'])).out).toContain('$ evergrant doctor --yes --need trade')
  })
})

it('says that a store is encrypted, and opens it with its passphrase', async () => {
  const rig = await createRig()
  const passphrase = 'correct horse battery'
  const sealed = encryptedStore(fileStore(rig.store), { passphrase, kdfCost: 10 })
  await sealed.write('a', 1)
  const locked = await diagnose(rig, ['--yes'])
  expect(locked.of('store')).toMatchObject({ level: 'error', ending: 'usage', facts: { code: 'unsupported' } })
  expect(locked.of('store').next.join()).toContain('EVERGRANT_PASSPHRASE')
  expect(rig.fake.tokenRequests).toBe(0)
  const opened = await diagnose(rig, [], { env: { ...rig.loggedIn, EVERGRANT_PASSPHRASE: passphrase } })
  expect(opened.code).toBe(0)
})

it('ends with Ctrl-C at once, and leaves nothing behind', async () => {
  const rig = createVirtualRig()
  rig.fake.fail('never-answers', { on: 'all' })
  const running = rig.start(['doctor', '--yes'])
  await rig.clock.settleUntil(() => rig.fake.openRequests === 1)
  running.interrupt()
  expect((await running.ended).code).toBe(130)
  await rig.clock.settleUntil(() => rig.fake.openRequests === 0)
  expect(rig.clock.pending).toBe(0)
  expect(rig.fake.tokenRequests).toBe(0)
})

it('is a process that ends by itself', async () => {
  const rig = await createRig()
  const bin = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@evergrant/source', bin, 'doctor', '--yes', '--json'], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'], ...rig.loggedIn },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ well: true, logins: 1 })
  expect(rig.fake.tokenRequests).toBe(1)
})
