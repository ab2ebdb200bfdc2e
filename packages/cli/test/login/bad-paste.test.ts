import { fakeTastytrade, type FakeCredentials } from '@evergrant/testing'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { unlessLeftOut } from '../support/left-out.ts'
import { bundleBin } from '../support/program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { openTerminal, type Terminal } from '../support/terminal.ts'
import { startWizard, type Wizard } from './support/wizard.ts'

const terminals = await unlessLeftOut(
  'a pseudo-terminal',
  'There is no binary of @lydell/node-pty for this system.',
  () => import('@lydell/node-pty'),
)
const here = terminals !== null && process.platform !== 'win32'

type Pastes = readonly ((good: FakeCredentials) => string)[]

/** A login with a personal grant in which these are pasted, one after the other; refusals are in `questions`, after `! `. */
async function paste(secrets: Pastes, tokens: Pastes): Promise<Wizard> {
  let world: Wizard | null = null
  const later = (make: Pastes[number]) => async () => {
    await Promise.resolve()
    return world === null ? '' : make(world.fake.credentials)
  }
  world = await startWizard({
    way: 'personal-grant',
    replies: [
      ...secrets.map((make) => ['Client secret', later(make)] as const),
      ...tokens.map((make) => ['Refresh token', later(make)] as const),
      ['Go on?', 'stop'],
    ],
  })
  return world
}

const refusals = ({ questions }: Wizard): readonly string[] => questions.filter((text) => text.startsWith('!'))
const secret = ({ clientSecret }: FakeCredentials): string => clientSecret
const token = ({ refreshToken }: FakeCredentials): string => refreshToken

describe('a paste that cannot be right', () => {
  it.for<[string, Pastes[number], RegExp]>([
    ['with Bearer', (good) => `Bearer ${secret(good)}`, /It has the word "Bearer" in front of it/],
    ['with curly quotes', (good) => `\u201C${secret(good)}\u201D`, /quotation marks around it/],
    ['with straight quotes', (good) => `"${secret(good)}"`, /quotation marks around it/],
    ['with a no-break space inside', (good) => secret(good).replace(/^.{9}/, '$&\u00A0'), /no-break space in it/],
    ['with a zero-width space inside', (good) => secret(good).replace(/^.{9}/, '$&\u200B'), /cannot be seen/],
    ['with the name of its variable', (good) => `TASTY_CLIENT_SECRET=${secret(good)}`, /name of a variable/],
    ['that is the refresh token', token, /That is a token\. The client secret comes first/],
    ['that is a part of the refresh token', (good) => token(good).slice(0, 60), /part of a token/],
    ['that is a placeholder', () => '<your-client-secret>', /placeholder/],
  ])('%s is turned down for a client secret, before anything is sent', async ([, wrong, words]) => {
    const wizard = await paste([wrong, secret], [token])
    await wizard.ended
    expect(refusals(wizard)).toEqual([expect.stringMatching(words)])
    expect(wizard.fake.tokenRequests).toBe(1)
  })

  it.for<[string, Pastes[number], RegExp]>([
    ['with Bearer', (good) => `Bearer ${token(good)}`, /It has the word "Bearer" in front of it/],
    ['with curly quotes', (good) => `\u201C${token(good)}\u201D`, /quotation marks around it/],
    ['with straight quotes', (good) => `'${token(good)}'`, /quotation marks around it/],
    ['without its last part', (good) => token(good).replace(/\.[^.]+$/, ''), /cut off.*three parts/],
    ['without its first letters', (good) => token(good).slice(5), /cut off.*three parts/],
    ['that is the client secret', secret, /That is the client secret/],
    ['that is another client secret', () => 'ab'.repeat(20), /That looks like a client secret/],
    ['that is none', () => 'not-a-token', /no refresh token/],
  ])('%s is turned down for a refresh token, before anything is sent', async ([, wrong, words]) => {
    const wizard = await paste([secret], [wrong, token])
    await wizard.ended
    expect(refusals(wizard)).toEqual([expect.stringMatching(words)])
    expect(wizard.fake.tokenRequests).toBe(1)
  })

  it('but might be, is tried when it is pasted once more', async () => {
    const wizard = await paste([() => '"odd"', () => '"odd"'], [token])
    await expect(wizard.ended).rejects.toHaveProperty('code', 'client-rejected')
    expect(refusals(wizard)).toEqual([expect.stringContaining('paste it once more')])
    expect(wizard.fake.tokenRequests).toBe(1)
    const other = await paste([secret], [() => 'not-a-token', () => 'no-token-either', () => 'no-token-either'])
    await expect(other.ended).rejects.toHaveProperty('code', 'grant-revoked')
    expect(refusals(other)).toHaveLength(2)
    expect(other.fake.tokenRequests).toBe(1)
  })
})

describe.runIf(here)('at a terminal', () => {
  let bin = ''
  beforeAll(async () => {
    const bundled = await bundleBin()
    bin = bundled.bin
    return bundled.remove
  }, 60_000)

  async function sitDown(): Promise<{ readonly terminal: Terminal; readonly credentials: FakeCredentials }> {
    const fake = fakeTastytrade()
    const server = await fake.listen()
    onTestFinished(() => server.close())
    const cwd = temporaryFolder()
    const env = { HOME: cwd, PATH: process.env['PATH'] ?? '', EVERGRANT_BASE_URL: server.url, EVERGRANT_ENV: 'sandbox' }
    const terminal = await openTerminal({ cwd, env: { ...env, BIN: bin, NODE: process.execPath } })
    return { terminal, credentials: fake.credentials }
  }

  it('what was refused is gone from the field, the reason stays, and the right paste is taken', async () => {
    const { terminal, credentials } = await sitDown()
    terminal.enter('"$NODE" "$BIN" login --way personal-grant --keep encrypted')
    await terminal.answer('A passphrase', () => 'too short')
    await terminal.saw('12 characters or more')
    terminal.press('nine invented words of no use\r')
    await terminal.answer('The same once more', () => 'something else')
    await terminal.saw('That is not the same')
    terminal.press('nine invented words of no use\r')
    await terminal.answer('Client secret', () => credentials.refreshToken)
    await terminal.saw('That is a token')
    terminal.press(`${credentials.clientSecret}\r`)
    await terminal.answer('Refresh token', () => `two words ${credentials.refreshToken}`)
    await terminal.saw('It has a space')
    terminal.press(`\u00A0${credentials.refreshToken}\u200B\r`)
    expect({ code: await terminal.ended(), shown: terminal.shown() }).toMatchObject({
      code: 0,
      shown: expect.stringContaining('Logged in: account default') as string,
    })
    expect(terminal.raw()).not.toContain(credentials.refreshToken)
  })

  it('evergrant test says in one line that the token is usable', async () => {
    const { terminal, credentials } = await sitDown()
    const { clientSecret, refreshToken } = credentials
    terminal.enter(`export TASTY_CLIENT_SECRET=${clientSecret} TASTY_REFRESH_TOKEN=${refreshToken}`)
    await terminal.ended()
    terminal.enter('"$NODE" "$BIN" test')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.shown()).toMatch(/^Usable token, until \d\d:\d\d:\d\d \(in 1[45] min.*\)$/m)
    terminal.enter('"$NODE" "$BIN" test | wc -c')
    await terminal.ended()
    expect(terminal.shown()).toMatch(/^\s*0$/m)
  })
})
