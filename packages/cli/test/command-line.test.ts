import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../src/version.ts'
import { start } from './support/console.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const COMMANDS = [
  'login',
  'status',
  'token',
  'header',
  'curl',
  'exec',
  'test',
  'refresh',
  'logout',
  'accounts',
  'doctor',
  'sandbox',
  'serve',
  'keys',
]

const run = (
  argv: readonly string[],
  options: { readonly env?: Record<string, string>; readonly tty?: boolean } = {},
) => start(argv, { cwd: temporaryFolder(), ...options }).ended

describe('the command line', () => {
  it('knows its version, which is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(VERSION).toBe(version)
  })

  it('shows what there is', async () => {
    const { code, out, err } = await run(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(out).toMatch(/Exit codes:\n {2}0 {4}done\n/)
    expect(await run([])).toEqual({ code: 2, out: '', err: out })
  })

  it.for(COMMANDS)('shows examples of %s', async (command) => {
    const { code, out, err } = await run([command, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`\\nExamples:\\n  \\$ evergrant ${command === 'header' ? 'header' : command}`))
  })

  it.for([['help'], ['help', 'login'], ['help', 'keys', 'create']])(
    'takes %j for a question, and not for an error',
    async (asked) => {
      const answered = await run([...asked.slice(1), '--help'])
      expect(answered.code).toBe(0)
      expect(await run(asked)).toEqual(answered)
    },
  )

  it.for([
    [['help', 'stauts'], "there is no command 'stauts'"],
    [['stauts'], "unknown command 'stauts' (Did you mean status?)"],
    [['status', '--jsom'], "unknown option '--jsom' (Did you mean --json?)"],
    [['status', '--account'], "option '--account <name>' argument missing"],
    [['status', 'more'], "too many arguments for 'status'. Expected 0 arguments but got 1"],
    [['curl'], "missing required argument 'url'"],
    [['exec'], "missing required argument 'command'"],
    [
      ['token', '--env', 'cert'],
      "option '--env <name>' argument 'cert' is invalid. Allowed choices are production, sandbox",
    ],
    [['completion', 'tcsh'], 'Allowed choices are zsh, bash, fish, powershell'],
    [['sandbox', '--rotation', 'daily'], "option '--rotation <kind>' argument 'daily' is invalid"],
  ] as const)('says of %j in a line what is wrong, and in another what to do', async ([argv, message]) => {
    const { code, out, err } = await run(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^evergrant: .* \(usage\)\n {2}See evergrant --help\.\n$/)
    expect(err).toContain(message)
  })

  it.for([
    [['token', '--min-ttl', 'soon'], {}, '"soon" is no duration'],
    [['sandbox', '--port', '80x'], {}, '"80x" is no whole number'],
    [['sandbox', '--port', '99999'], {}, 'There is no port 99999'],
    [['login', '--port', '99999'], {}, 'There is no port 99999'],
    [['status'], { EVERGRANT_ENV: 'cert' }, 'There is no environment "cert"'],
    [['status', '--store', ''], {}, 'The store has no name'],
    [['status', '--account', ''], {}, 'The account has no name'],
    [['status', '--base-url', 'http://example.com'], {}, 'baseUrl: would send secrets in plain text'],
    [['exec', '--as', 'A-B', '--', 'true'], {}, '"A-B" is no name of a variable'],
  ] as const)('says of %j with %j what to write instead', async ([argv, env, message]) => {
    const { code, out, err } = await run(argv, { env })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/\n {2}\S.*\n$/)
  })

  it('tells machines of a failure in JSON, also before it has understood the options', async () => {
    const { code, out, err } = await run(['token', '--json'])
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'credentials-missing',
        message: expect.any(String),
        help: expect.stringMatching(/ Then run: evergrant login$/),
        details: { account: 'default' },
        exitCode: 3,
      },
    })
    expect(JSON.parse((await run(['token', '--json', '--nope'])).err)).toMatchObject({
      error: { code: 'usage', exitCode: 2 },
    })
    // That --json is for the command to be run.
    expect((await run(['exec', '--nope', '--', 'x', '--json'])).err).toMatch(/^evergrant: /)
  })

  it('names the doctor, but not where the command explains by itself', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, '.secrets'), '{ damaged', { mode: 0o600 })
    const told = async (...argv: string[]) => (await start(argv, { cwd }).ended).err
    expect(await told('status')).toMatch(/\(store-corrupt\)\n.* To find out why, run evergrant doctor\.\n$/)
    const login = await told('login', '--env', 'sandbox', '--way', 'personal-grant')
    expect(login).toContain('(store-corrupt)')
    expect(login).not.toContain('doctor')
  })

  it('has colours on a terminal alone, and none where they are not wanted', async () => {
    const coloured = async (env: Record<string, string>, tty: boolean) =>
      (await run(['token'], { env, tty })).err.includes('\u001B[') &&
      (await run(['status'], { env, tty })).out.includes('\u001B[')
    expect(await coloured({}, true)).toBe(true)
    expect(await coloured({}, false)).toBe(false)
    expect(await coloured({ NO_COLOR: '1' }, true)).toBe(false)
    expect(await coloured({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false)
    expect(await coloured({ FORCE_COLOR: '1' }, false)).toBe(true)
    expect(await coloured({ FORCE_COLOR: '0' }, true)).toBe(false)
    expect(await coloured({ TERM: 'dumb' }, true)).toBe(false)
  })
})
