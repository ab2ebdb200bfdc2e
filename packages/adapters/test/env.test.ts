import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { envCredentials, type EnvCredentialsOptions } from '@evergrant/adapters/env'
import { isCredentialsUnreadable, isEvergrantError, type Credentials } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from './support/temporary-folder.ts'

const BOTH = { TASTY_CLIENT_SECRET: 'secret-of-env', TASTY_REFRESH_TOKEN: 'token-of-env' }

function reveal(credentials: Credentials | null): Record<string, string | undefined> | null {
  return (
    credentials && {
      ...('clientId' in credentials ? { clientId: credentials.clientId } : {}),
      ...('clientSecret' in credentials ? { clientSecret: credentials.clientSecret?.reveal() } : {}),
      ...('refreshToken' in credentials ? { refreshToken: credentials.refreshToken?.reveal() } : {}),
    }
  )
}

async function readEnvironment(environment: Record<string, string>, options: EnvCredentialsOptions = {}) {
  return reveal(await envCredentials({ file: false, environment, ...options }).read())
}

async function readFileOf(content: string | Uint8Array, environment: Record<string, string> = {}) {
  const file = join(temporaryFolder(), '.env')
  writeFileSync(file, content)
  return reveal(await envCredentials({ file, environment }).read())
}

describe('credentials from the environment', () => {
  it('are the two of tastytrade, with the client id if there is one', async () => {
    expect(await readEnvironment(BOTH)).toEqual({ clientSecret: 'secret-of-env', refreshToken: 'token-of-env' })
    expect(await readEnvironment({ ...BOTH, TASTY_CLIENT_ID: 'id' })).toMatchObject({ clientId: 'id' })
  })

  it('may have the names that other clients use; the longer ones win', async () => {
    const short = { TT_SECRET: 'short-secret', TT_REFRESH: 'short-token' }
    expect(await readEnvironment(short)).toEqual({ clientSecret: 'short-secret', refreshToken: 'short-token' })
    expect(await readEnvironment({ ...short, ...BOTH })).toEqual(await readEnvironment(BOTH))
    expect(await readEnvironment({ TT_SECRET: 'a', TASTY_REFRESH_TOKEN: 'b' })).toEqual({
      clientSecret: 'a',
      refreshToken: 'b',
    })
  })

  it('are null if neither is set, or only empty ones', async () => {
    expect(await readEnvironment({})).toBeNull()
    expect(await readEnvironment({ TASTY_CLIENT_SECRET: '', TASTY_REFRESH_TOKEN: '\n' })).toBeNull()
    expect(await readEnvironment({ TASTY_CLIENT_ID: 'id', HOME: '/' })).toBeNull()
  })

  it('lose the line break that echo adds, and nothing else', async () => {
    const environment = { TASTY_CLIENT_SECRET: ' a b\r\n', TASTY_REFRESH_TOKEN: 'c#"d\'\n' }
    expect(await readEnvironment(environment)).toEqual({ clientSecret: ' a b', refreshToken: 'c#"d\'' })
  })

  it('are process.env as it is at each read', async () => {
    const source = envCredentials({ file: false, names: { clientSecret: 'EVERGRANT_TEST_SECRET' } })
    expect(await source.read()).toBeNull()
    process.env['EVERGRANT_TEST_SECRET'] = 'set later'
    try {
      expect(reveal(await source.read())).toEqual({ clientSecret: 'set later' })
    } finally {
      delete process.env['EVERGRANT_TEST_SECRET']
    }
  })

  it('may have the names of any provider, and only what is named is needed', async () => {
    const names = { clientId: ['APP_ID', 'ID'], clientSecret: 'APP_SECRET' }
    expect(await readEnvironment({ ID: 'i', APP_SECRET: 's', ...BOTH }, { names })).toEqual({
      clientId: 'i',
      clientSecret: 's',
    })
    expect(await readEnvironment({ RT: 't' }, { names: { refreshToken: 'RT' } })).toEqual({ refreshToken: 't' })
    expect(await readEnvironment({ toString: 'x' }, { names: { clientSecret: 'valueOf' } })).toBeNull()
  })
})

describe('half a pair', () => {
  const cases = [
    ['TASTY_CLIENT_SECRET', 'TASTY_REFRESH_TOKEN or TT_REFRESH'],
    ['TT_SECRET', 'TASTY_REFRESH_TOKEN or TT_REFRESH'],
    ['TASTY_REFRESH_TOKEN', 'TASTY_CLIENT_SECRET or TT_SECRET'],
    ['TT_REFRESH', 'TASTY_CLIENT_SECRET or TT_SECRET'],
  ] as const
  for (const [set, missing] of cases) {
    it(`P11 ${set} alone: an error names what is missing and shows no value`, async () => {
      const error: unknown = await readEnvironment({ [set]: 'canary-9b2e' }).catch((failure: unknown) => failure)
      expect(error).toSatisfy(isCredentialsUnreadable)
      expect(error).toMatchObject({
        help: expect.stringContaining(missing) as string,
        details: { source: 'environment' },
      })
      expect(String(error)).toContain(`${missing} is not`)
      expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain('canary')
    })
  }
})

describe('what a source of the environment seeks', () => {
  it('are names and places, and no values', () => {
    const file = resolve('x.env')
    expect(envCredentials({ file: 'x.env', environment: BOTH }).sought).toBe(
      `TASTY_CLIENT_SECRET or TT_SECRET, and TASTY_REFRESH_TOKEN or TT_REFRESH, in the environment and in ${file}`,
    )
    expect(envCredentials({ file: false }).sought).toMatch(/TT_REFRESH, in the environment$/)
    expect(envCredentials({ file: false, names: { clientId: 'I', clientSecret: 'S' } }).sought).toBe(
      'S, in the environment',
    )
  })
})

describe('options that cannot be used', () => {
  it.for([
    [{ path: '.env' }, 'path'],
    ['.env', 'options'],
    [null, 'options'],
    [{ file: '~/.env' }, 'file'],
    [{ file: '' }, 'file'],
    [{ file: 5 }, 'file'],
    [{ names: { clientsecret: 'S' } }, 'clientsecret'],
  ] as const)('%o', ([options, option]) => {
    const make = () => envCredentials(options as object)
    expect(make).toThrow(
      expect.toSatisfy((error) => isEvergrantError(error, 'invalid-options') && error.details.option === option),
    )
  })
})

describe('credentials from a .env file', () => {
  it('are read in all the ways that such files are written', async () => {
    const file = [
      '# tastytrade',
      '',
      'export TASTY_CLIENT_ID=id # a comment',
      'TASTY_CLIENT_SECRET="with space, # and \'quotes\'"',
      "  TASTY_REFRESH_TOKEN = 'ey.J-_=' ",
      'NO ASSIGNMENT',
    ]
    const expected = { clientId: 'id', clientSecret: "with space, # and 'quotes'", refreshToken: 'ey.J-_=' }
    for (const lineBreak of ['\n', '\r\n']) {
      const text = file.join(lineBreak)
      expect(await readFileOf(text)).toEqual(expected)
      expect(await readFileOf(`\uFEFF${text}`)).toEqual(expected)
      expect(await readFileOf(Buffer.from(`\uFEFF${text}`, 'utf16le'))).toEqual(expected)
      expect(await readFileOf(Buffer.from(`\uFEFF${text}`, 'utf16le').swap16())).toEqual(expected)
    }
  })

  it('find the first variable behind a byte order mark', async () => {
    expect(await readFileOf('\uFEFFTASTY_CLIENT_SECRET=a\nTASTY_REFRESH_TOKEN=b')).toEqual({
      clientSecret: 'a',
      refreshToken: 'b',
    })
  })

  it('give way to the environment, one by one, under whichever name', async () => {
    const file = 'TASTY_CLIENT_SECRET=secret-of-file\nTASTY_REFRESH_TOKEN=token-of-file\n'
    expect(await readFileOf(file, BOTH)).toEqual({ clientSecret: 'secret-of-env', refreshToken: 'token-of-env' })
    expect(await readFileOf(file, { TT_REFRESH: 'short' })).toEqual({
      clientSecret: 'secret-of-file',
      refreshToken: 'short',
    })
    expect(await readFileOf(file, { TASTY_CLIENT_SECRET: '' })).toMatchObject({ clientSecret: 'secret-of-file' })
  })

  it('leave the environment of the process as it is', async () => {
    await readFileOf('EVERGRANT_TEST_LEAK=1\nTASTY_CLIENT_SECRET=a\nTASTY_REFRESH_TOKEN=b')
    expect(process.env).not.toHaveProperty('EVERGRANT_TEST_LEAK')
  })

  it('are null if the file is not there or says nothing of them', async () => {
    const file = join(temporaryFolder(), '.env')
    const source = envCredentials({ file, environment: {} })
    expect(await source.read()).toBeNull()
    writeFileSync(file, 'OTHER=1\n')
    expect(await source.read()).toBeNull()
    writeFileSync(file, 'TT_SECRET=a\nTT_REFRESH=b\n')
    expect(reveal(await source.read())).toEqual({ clientSecret: 'a', refreshToken: 'b' })
  })

  it('P11 half a pair names the file as well, and shows no value', async () => {
    const file = join(temporaryFolder(), '.env')
    writeFileSync(file, 'TT_SECRET=canary-9b2e\n')
    const error: unknown = await envCredentials({ file, environment: {} })
      .read()
      .catch((failure: unknown) => failure)
    expect(error).toSatisfy(isCredentialsUnreadable)
    expect(String(error)).toContain(file)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary')
  })

  it('an unreadable file is an error', async () => {
    const folder = temporaryFolder()
    const file = join(folder, '.env')
    mkdirSync(file)
    const reading = envCredentials({ file, environment: BOTH }).read()
    await expect(reading).rejects.toSatisfy(isCredentialsUnreadable)
    await expect(reading).rejects.toMatchObject({ message: `Cannot read ${file} (EISDIR)`, cause: { code: 'EISDIR' } })
  })

  it('whoever may read it, it is read, and never written', async () => {
    const folder = temporaryFolder()
    const file = join(folder, '.env')
    writeFileSync(file, 'TT_SECRET=a\nTT_REFRESH=b\n')
    for (const mode of [0o400, 0o644, 0o666]) {
      chmodSync(file, mode)
      expect(reveal(await envCredentials({ file, environment: {} }).read())).toMatchObject({ clientSecret: 'a' })
      expect(statSync(file).mode & 0o777).toBe(mode)
    }
    expect(readFileSync(file, 'utf8')).toBe('TT_SECRET=a\nTT_REFRESH=b\n')
    expect(readdirSync(folder)).toEqual(['.env'])
  })

  describe('by default', () => {
    const before = process.cwd()
    beforeEach(() => process.chdir(temporaryFolder()))
    afterEach(() => process.chdir(before))

    it('.env of the present folder', async () => {
      const source = envCredentials({ environment: {} })
      expect(await source.read()).toBeNull()
      writeFileSync('.env', 'TT_SECRET=a\nTT_REFRESH=b\n')
      process.chdir('/')
      expect(reveal(await source.read())).toEqual({ clientSecret: 'a', refreshToken: 'b' })
      expect(source.name).toBe('environment or .env')
    })
  })
})

describe('the watch of a .env file', () => {
  const A_LOOK = 2_100

  function setUp() {
    const folder = temporaryFolder()
    const file = join(folder, '.env')
    const clock = new VirtualClock()
    let emitted = 0
    const watch = envCredentials({ file, clock }).watch?.()
    const subscription = watch?.subscribe({
      next: () => (emitted += 1),
      error: (error) => expect.unreachable(String(error)),
    })
    return { folder, file, clock, emitted: () => emitted, subscription, watch }
  }

  it('emits when the file comes, changes and goes', async () => {
    const { file, clock, emitted, subscription } = setUp()
    await clock.advance(A_LOOK)
    expect(emitted()).toBe(0)
    const changes = [
      () => writeFileSync(file, 'A=1'),
      () => writeFileSync(file, 'A=22'),
      () => rmSync(file),
      () => mkdirSync(file),
    ]
    for (const change of changes) {
      const before = emitted()
      change()
      await clock.advance(A_LOOK)
      expect(emitted()).toBeGreaterThan(before)
    }
    subscription?.unsubscribe()
    expect(clock.pending).toBe(0)
  })

  it('sees a link that leads elsewhere now, as with mounted secrets', async () => {
    const { folder, file, clock, emitted } = setUp()
    writeFileSync(join(folder, 'v1'), 'A=1')
    writeFileSync(join(folder, 'v2'), 'A=22')
    symlinkSync('v1', join(folder, 'current'))
    symlinkSync('current', file)
    await clock.advance(A_LOOK)
    const before = emitted()
    expect(before).toBeGreaterThan(0)
    rmSync(join(folder, 'current'))
    symlinkSync('v2', join(folder, 'current'))
    await clock.advance(A_LOOK)
    expect(emitted()).toBeGreaterThan(before)
  })

  it('P12 starts with a subscription, keeps nobody alive, and ends with it', async () => {
    const clock = new VirtualClock()
    const watch = envCredentials({ file: join(temporaryFolder(), '.env'), clock }).watch?.()
    expect(clock.pending).toBe(0)
    const subscriptions = [watch?.subscribe(), watch?.subscribe()]
    expect([clock.pending > 0, clock.held]).toEqual([true, 0])
    for (const subscription of subscriptions) subscription?.unsubscribe()
    expect(clock.pending).toBe(0)
  })

  it('does not exist without a file', () => {
    expect(envCredentials({ file: false })).not.toHaveProperty('watch')
    expect(envCredentials({ file: false }).name).toBe('environment')
  })
})
