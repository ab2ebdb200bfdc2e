import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseHolder } from '@evergrant/adapters/file'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { checkBrowser } from '../../src/doctor/checks/browser.ts'
import { checkFile } from '../../src/doctor/checks/files.ts'
import { checkLastSuccess } from '../../src/doctor/checks/last-success.ts'
import { checkProcesses } from '../../src/doctor/checks/processes.ts'
import { checkReachability } from '../../src/doctor/checks/reachability.ts'
import { checkRefreshToken } from '../../src/doctor/checks/refresh-token.ts'
import { checkVersions } from '../../src/doctor/checks/versions.ts'
import { createCourse } from '../../src/doctor/course.ts'
import { systemFacts } from '../../src/doctor/system-facts.ts'
import { createInterrupts, Interrupted } from '../../src/terminal/interrupts.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const HOUR = 3_600_000

describe('versions', () => {
  it('names a Node that is too old, for which scripts do not run', () => {
    const told = checkVersions({ ...systemFacts(), node: '20.20.2' })
    expect(told).toMatchObject({ level: 'error', ending: 'usage', page: 'https://nodejs.org/en/download' })
    expect(told.title).toBe('Node 20.20.2 is too old.')
    expect(told.cause).toContain('SyntaxError')
    expect(told.next).toContain('Install Node 22 or newer, the LTS.')
    expect(checkVersions({ ...systemFacts(), node: '22.0.0' }).level).toBe('ok')
  })

  it('tells the version of each package', () => {
    expect(checkVersions(systemFacts()).facts).toEqual({
      node: process.versions.node,
      evergrant: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      '@evergrant/core': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      '@evergrant/adapters': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
  })
})

describe('a browser that does not open', () => {
  it.each([
    ['over SSH', { SSH_CONNECTION: '1 2 3 4', DISPLAY: ':0' }, 'darwin', /over SSH/],
    ['without a desktop', {}, 'linux', /no desktop/],
  ] as const)('is explained %s, with the two ways around it', (_, env, platform, cause) => {
    const told = checkBrowser(env, { ...systemFacts(), platform })
    expect(told).toMatchObject({
      level: 'note',
      title: 'A login cannot open a browser here.',
      cause: expect.stringMatching(cause),
    })
    expect(told.next[0]).toContain('Open the address that "evergrant login" prints')
    expect(told.next[1]).toContain('evergrant login --no-browser')
  })

  it('is no trouble at a desktop', () => {
    expect(checkBrowser({ DISPLAY: ':0' }, { ...systemFacts(), platform: 'linux' }).level).toBe('ok')
    expect(checkBrowser({}, { ...systemFacts(), platform: 'win32' }).level).toBe('ok')
  })
})

describe('other processes', () => {
  const told = (holder: Partial<LeaseHolder>) => {
    const [finding] = checkProcesses([{ key: 'grant/default', pid: 42, host: 'here', fate: 'alive', ...holder }], '/s')
    return finding
  }

  it('are told apart: at work, dead, and out of sight', () => {
    expect(checkProcesses([], '/s')).toMatchObject([
      { level: 'ok', title: 'Nobody is fetching a token in this store just now.' },
    ])
    expect(told({})).toMatchObject({ level: 'note', facts: { key: 'grant/default', pid: 42, fate: 'alive' } })
    expect(told({ fate: 'dead' })).toMatchObject({ level: 'note', cause: expect.stringContaining('by itself') })
    expect(told({ host: 'elsewhere', fate: 'unknown' })).toMatchObject({
      level: 'note',
      title: 'Process 42 on elsewhere seems to hold the lease grant/default.',
      facts: { host: 'elsewhere', fate: 'unknown' },
    })
  })

  it('are named where one stands still in the middle of a write', () => {
    const finding = told({ key: null })
    expect(finding).toMatchObject({ level: 'warning', facts: { key: 'lock', fate: 'alive' } })
    expect(finding?.title).toBe('Process 42 holds the lock of /s.')
    expect(finding?.next.join()).toContain('kill -CONT 42')
  })
})

describe('files', () => {
  const { signal } = new AbortController()

  it('lie in a folder that can be written', async () => {
    const path = join(temporaryFolder(), '.secrets')
    await writeFile(path, '', { mode: 0o600 })
    const file = { path, name: '.secrets', guarded: true }
    expect(await checkFile(file, systemFacts(), signal)).toMatchObject([{ level: 'ok', facts: { mode: '0600' } }])
    const readOnly = { ...systemFacts(), canWrite: () => Promise.resolve(false) }
    const [told] = await checkFile(file, readOnly, signal)
    expect(told).toMatchObject({ level: 'error', ending: 'store', title: 'The folder of .secrets cannot be written.' })
    expect(told?.next.join()).toContain('--store PATH')
  })
})

describe('the refresh token', () => {
  it('of the sandbox is seen in production where its issuer says so', () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = (iss: string) => `${part({ typ: 'rt+jwt' })}.${part({ iss, aud: 'a', iat: 1 })}.c2ln`
    const told = (iss: string) => checkRefreshToken({ refreshToken: token(iss), clientId: null }, 'production')
    expect(told('https://api.cert.tastyworks.invalid')).toMatchObject([{ level: 'warning' }])
    expect(told('https://api.cert.tastyworks.invalid')[0]?.next[0]).toBe('Run: evergrant doctor --env sandbox')
    expect(told('https://api.tastytrade.invalid')).toMatchObject([{ level: 'ok', facts: { issuedAt: 1_000 } }])
  })
})

describe('the last success', () => {
  it('is told where it lies long ago', () => {
    const token = { generation: 7, issuedAt: 0, expiresAt: 900_000, scope: 'read', usable: false }
    const told = (now: number) => checkLastSuccess({ token } as Parameters<typeof checkLastSuccess>[0], now)
    expect(told(23 * HOUR).level).toBe('ok')
    expect(told(25 * HOUR)).toMatchObject({ level: 'note', title: expect.stringContaining('(1 d 1 h ago)') })
  })
})

describe('a proxy', () => {
  it('is used where Node is told to', () => {
    const probe = { type: 'answered', status: 404, edge: false, ahead: 0, took: 1 } as const
    const told = checkReachability(
      { server: 'https://a.invalid', probe, failed: 0 },
      { https_proxy: 'x', NODE_USE_ENV_PROXY: '1' },
    )
    expect(told).toMatchObject([
      { level: 'ok' },
      { level: 'note', next: [], facts: { proxies: ['https_proxy'], used: true } },
    ])
  })
})

describe('a step', () => {
  const never = (): Promise<never> => new Promise(() => undefined)

  it('that hangs is given up, and said to be', async () => {
    const clock = new VirtualClock()
    const begun: string[] = []
    const progress = { begin: (what: string) => void begun.push(what), found: () => undefined, say: () => undefined }
    const course = createCourse({ clock, interrupts: createInterrupts() }, progress)
    const step = course.step('store', 'Reading the store', never)
    await clock.advance(15_000)
    expect(await step).toBeNull()
    expect(begun).toEqual(['Reading the store'])
    expect(course.findings).toMatchObject([
      { check: 'store', level: 'warning', title: 'Reading the store: this did not end within 15 s.' },
    ])
    expect(clock.pending).toBe(0)
  })

  it('ends with an interrupt at once', async () => {
    const clock = new VirtualClock()
    const interrupts = createInterrupts()
    const progress = { begin: () => undefined, found: () => undefined, say: () => undefined }
    const step = createCourse({ clock, interrupts }, progress).step('store', 'Reading', never)
    interrupts.raise('SIGINT')
    await expect(step).rejects.toBeInstanceOf(Interrupted)
    expect(clock.pending).toBe(0)
  })
})
