import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CommandError } from '../src/output/command-error.ts'
import { environmentLines, shellOf } from '../src/sandbox/environment-lines.ts'
import { parseOrder } from '../src/sandbox/order.ts'
import { start, type Running } from './support/console.ts'
import { PATIENT } from './support/patient.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

interface Sandbox {
  readonly running: Running
  readonly env: Readonly<Record<string, string>>
  /** Gives an order at the control door. */
  readonly tell: (order: string) => Promise<{ readonly status: number; readonly text: string }>
  readonly run: (...argv: string[]) => Promise<number>
}

async function startSandbox(...flags: string[]): Promise<Sandbox> {
  const cwd = temporaryFolder()
  const running = start(['sandbox', '--json', ...flags], { cwd })
  onTestFinished(async () => {
    running.interrupt()
    await running.ended
  })
  await running.saw('\n')
  const env = JSON.parse(running.out()) as Record<string, string>
  return {
    running,
    env,
    async tell(order) {
      const headers = { authorization: `Bearer ${env['EVERGRANT_SANDBOX_KEY']}` }
      const answer = await fetch(env['EVERGRANT_SANDBOX_CONTROL'] ?? '', { method: 'POST', headers, body: order })
      return { status: answer.status, text: await answer.text() }
    },
    run: async (...argv) => (await start(argv, { cwd, env }).ended).code,
  }
}

describe('evergrant sandbox', () => {
  it('prints what to paste, for people and for machines', async () => {
    const people = start(['sandbox'], { cwd: temporaryFolder() })
    await people.saw('Ctrl-C')
    people.interrupt()
    const { code, out } = await people.ended
    expect(code).toBe(0)
    const names = [...out.matchAll(/^export (\w+)='[^']+'$/gm)].map(([, name]) => name)
    const { env } = await startSandbox()
    expect(names).toEqual(Object.keys(env))
    expect(names).toEqual([
      'EVERGRANT_ENV',
      'EVERGRANT_BASE_URL',
      'EVERGRANT_STORE',
      'TASTY_CLIENT_ID',
      'TASTY_CLIENT_SECRET',
      'TASTY_REFRESH_TOKEN',
      'EVERGRANT_SANDBOX_CONTROL',
      'EVERGRANT_SANDBOX_KEY',
    ])
  })

  it('is a tastytrade for every command, with a store of its own that goes with it', async () => {
    const { run, running, env } = await startSandbox()
    expect(await run('test')).toBe(0)
    const store = env['EVERGRANT_STORE'] ?? ''
    expect(existsSync(store)).toBe(true)
    running.interrupt('SIGTERM')
    expect((await running.ended).code).toBe(0)
    expect(existsSync(store)).toBe(false)
    await expect(fetch(env['EVERGRANT_BASE_URL'] ?? '')).rejects.toThrow('fetch failed')
  })

  it('misbehaves when it is told to, while it runs', async () => {
    const { run, tell, env } = await startSandbox()
    expect(await tell('fail api-forbidden times=always')).toEqual({
      status: 200,
      text: 'All requests will meet api-forbidden.\n',
    })
    expect(await run('test')).toBe(8)
    await tell('heal')
    expect(await run('test')).toBe(0)
    expect((await tell('fail server-error on=api status=503')).text).toBe('The next 1 will meet server-error.\n')
    expect(await run('test')).toBe(9)
    expect(await run('test')).toBe(0)
    expect((await tell('show')).text).toMatch(/^requests +5\ntoken requests +1\nfailed logins +0\nblocked +no\n$/)

    expect((await tell('block 2m')).text).toContain('for 2 min')
    expect(await run('curl', '--max-time', '50ms', '/customers/me')).toBe(6)
    await tell('unblock')
    expect(await run('curl', '/customers/me')).toBe(0)

    await tell('revoke')
    const more = await tell('grant')
    expect(more.text).toMatch(
      /^export TASTY_CLIENT_ID='.*'\nexport TASTY_CLIENT_SECRET='.*'\nexport TASTY_REFRESH_TOKEN='.*'\n$/,
    )
    expect(more.text).not.toContain(env['TASTY_REFRESH_TOKEN'])
    expect((await tell('new-secret')).text).toMatch(/^Every grant is gone\.\nexport TASTY_CLIENT_SECRET='.*'\n$/)
    expect(await run('token', '--account', 'other')).toBe(4)
  })

  it('takes orders that are typed, and says which there are', async () => {
    const { running } = await startSandbox()
    running.type('help')
    await running.saw('new-secret')
    running.type('')
    running.type('faults')
    await running.saw('\nlost-answer\n')
    running.type('dance')
    await expect.poll(() => running.err(), PATIENT).toContain('"dance" is no order (usage)\n  Type help')
    running.type('quit')
    expect((await running.ended).code).toBe(0)
  })

  it('goes on when nothing is typed any more', async () => {
    const cwd = temporaryFolder()
    const running = start(['sandbox', '--json'], { cwd, input: '' })
    await running.saw('\n')
    const env = JSON.parse(running.out()) as Record<string, string>
    expect((await start(['test'], { cwd, env }).ended).code).toBe(0)
    running.interrupt()
    expect((await running.ended).code).toBe(0)
  })

  it('opens its control door to whoever has the key, and for an order alone', async () => {
    const { env, tell } = await startSandbox()
    const url = env['EVERGRANT_SANDBOX_CONTROL'] ?? ''
    const key = env['EVERGRANT_SANDBOX_KEY'] ?? ''
    const status = async (init: RequestInit) => (await fetch(url, init)).status
    expect(await status({ method: 'POST', body: 'quit' })).toBe(401)
    expect(await status({ method: 'POST', body: 'quit', headers: { authorization: `Bearer ${key.slice(1)}x` } })).toBe(
      401,
    )
    expect(await status({ headers: { authorization: `Bearer ${key}` } })).toBe(405)
    expect(await tell('fail nothing')).toMatchObject({
      status: 400,
      text: expect.stringContaining('no fault named nothing'),
    })
    expect(await tell('x'.repeat(5_000))).toMatchObject({ status: 413 })
    expect(await tell('')).toEqual({ status: 200, text: '' })
    await expect(hangingRequest(url, key)).resolves.toBe('ended')
    expect((await tell('show')).status).toBe(200)
  })

  it('takes the lifetime, the rotation and the block that it is given', async () => {
    const { run, tell } = await startSandbox('--lifetime', '40s', '--rotation', 'strict', '--block-after', '1')
    expect(await run('token', '--min-ttl', '39s')).toBe(0)
    expect(await run('token', '--min-ttl', '41s')).toBe(2)
    await tell('revoke')
    await run('token', '--account', 'other')
    expect((await tell('show')).text).toMatch(/blocked +yes/)
  })
})

/** One that announces more than it sends, and leaves. */
function hangingRequest(url: string, key: string): Promise<string> {
  return new Promise((resolve) => {
    const hanging = request(url, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-length': 10 } })
    hanging.on('error', () => resolve('ended'))
    hanging.on('close', () => resolve('ended'))
    hanging.write('he')
    setImmediate(() => hanging.destroy())
  })
}

describe('an order', () => {
  it.for([
    ['', null],
    ['  heal ', { do: 'heal' }],
    ['block', { do: 'block', ms: undefined }],
    ['block 90', { do: 'block', ms: 90_000 }],
    ['fail slow', { do: 'fail', fault: 'slow', options: {} }],
    [
      'fail slow delay=50 times=always',
      { do: 'fail', fault: 'slow', options: { delay: 50, times: Number.POSITIVE_INFINITY } },
    ],
    [
      'fail rfc-error code=invalid_grant on=api',
      { do: 'fail', fault: 'rfc-error', options: { code: 'invalid_grant', on: 'api' } },
    ],
  ] as const)('%j is read', ([line, order]) => expect(parseOrder(line)).toEqual(order))

  it.for(['fail', 'heal all', 'block now', 'block 1 2', 'fail slow delay', 'fail slow =5', 'Heal'])(
    '%j is none',
    (line) => {
      expect(() => parseOrder(line)).toThrow(CommandError)
    },
  )
})

describe('lines to paste', () => {
  it('are quoted for the shell', () => {
    const variables = { A: "it's $HOME" }
    expect(environmentLines(variables, 'posix')).toBe(`export A='it'\\''s $HOME'\n`)
    expect(environmentLines(variables, 'powershell')).toBe(`$env:A = 'it''s $HOME'\n`)
    expect([shellOf('win32'), shellOf('linux'), shellOf('darwin')]).toEqual(['powershell', 'posix', 'posix'])
  })
})
