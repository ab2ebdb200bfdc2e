import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fakeTastytrade, type FakeCredentials, type FakeTastytrade } from '@evergrant/testing'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../../adapters/test/browser/chromium.ts'
import { freePort } from './login/support/free-port.ts'
import { unlessLeftOut } from './support/left-out.ts'
import { PATIENT } from './support/patient.ts'
import { bundleBin } from './support/program.ts'
import { openRegistry, type Registry } from './support/registry.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { openTerminal, type Terminal } from './support/terminal.ts'
import { expectPrinted, tutorial, type Section, type Step } from './support/tutorial.ts'

/** Where to put pictures of the pages, and what stood in the terminals; nothing is kept without it. */
const PICTURES = process.env['TUTORIAL_PICTURES']
/** Ms for a dozen commands, each by way of npx, on a busy machine. */
const WHOLE_PAGE = 150_000
const CTRL_C = '\u0003'

const terminals = await unlessLeftOut(
  'a pseudo-terminal',
  'There is no binary of @lydell/node-pty for this system.',
  () => import('@lydell/node-pty'),
)
const chromium = await unlessLeftOut('Chromium', 'Name one in CHROMIUM_PATH.', launchChromium)
const here = terminals !== null && process.platform !== 'win32'

let registry: Registry
/** What npm is, and the command, is compiled once for all persons: both start in two thirds of the time. */
let compiled = ''
beforeAll(async () => {
  const { bin, remove } = await bundleBin()
  registry = await openRegistry(bin)
  compiled = join(dirname(bin), 'compiled')
  return remove
}, 60_000)
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const sections = new Map(tutorial().map((section) => [section.heading, section]))

function section(heading: string): Section {
  const found = sections.get(heading)
  if (found === undefined) throw new Error(`The tutorial has no section ${heading}`)
  return found
}

function step(heading: string, place = 0): Step {
  const found = section(heading).steps[place]
  if (found === undefined) throw new Error(`${heading} has no command ${place}`)
  return found
}

interface Person {
  readonly fake: FakeTastytrade
  readonly home: string
  /** Opens a terminal in an empty home. `more`: what this terminal has beside. */
  readonly sitDown: (more?: Readonly<Record<string, string>>) => Promise<Terminal>
  /** What leads to the fake in the place of tastytrade: all that differs from a person's own terminal. */
  readonly toFake: Readonly<Record<string, string>>
}

async function person(redirectUris?: readonly string[]): Promise<Person> {
  const fake = fakeTastytrade(redirectUris === undefined ? {} : { redirectUris })
  const server = await fake.listen()
  onTestFinished(() => server.close())
  const home = temporaryFolder()
  const programs = join(home, '.programs')
  mkdirSync(programs)
  // A desktop's way to a browser; here it notes the address, which Chromium is then given.
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(programs, name), `#!/bin/sh\nprintf '%s' "$1" > "${join(home, '.opened')}"\n`)
    chmodSync(join(programs, name), 0o755)
  }
  const { PATH = '' } = process.env
  const env = {
    HOME: home,
    PATH: [programs, dirname(process.execPath), PATH].join(delimiter),
    npm_config_registry: registry.url,
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    NODE_COMPILE_CACHE: compiled,
  }
  return {
    fake,
    home,
    sitDown: (more = {}) => openTerminal({ cwd: home, env: { ...env, ...more } }),
    toFake: { EVERGRANT_BASE_URL: server.url },
  }
}

/** What a person has to type or paste, by the words of the tutorial. */
type Gifts = Readonly<Record<string, () => string | Promise<string>>>

/** Answers what the command asks, as the table says. */
async function answer({ answers }: Step, terminal: Terminal, gifts: Gifts = {}): Promise<void> {
  for (const { question, choose, words } of answers) {
    const give = gifts[words]
    if (choose !== null) await terminal.choose(question, choose)
    else if (give !== undefined) await terminal.answer(question, give)
    else throw new Error(`There is nothing to give for: ${words}`)
  }
}

/** Types the commands of a step, each to its good end, and finds in the terminal what the tutorial says. */
async function follow(now: Step, terminal: Terminal, gifts: Gifts = {}): Promise<string> {
  let shown = ''
  for (const [place, command] of now.commands.entries()) {
    terminal.enter(command)
    if (place === now.commands.length - 1) await answer(now, terminal, gifts)
    const code = await terminal.ended()
    expect({ command, code, shown: terminal.shown() }).toEqual({ command, code: 0, shown: terminal.shown() })
    shown += terminal.shown()
  }
  for (const block of now.prints) expectPrinted(block, shown)
  return shown
}

/** The same with a port, or a number, in the place of the one that stands in the tutorial. */
function withReplaced({ commands, answers, prints }: Step, from: string, to: string): Step {
  const put = (text: string): string => text.replaceAll(from, to)
  return { commands: commands.map(put), answers, prints: prints.map(put) }
}

function gifts({ clientId, clientSecret, refreshToken }: FakeCredentials): Gifts {
  return {
    'paste the client secret': () => clientSecret,
    'paste the refresh token': () => refreshToken,
    'type the client ID': () => clientId,
  }
}

function expectSaved(home: string, { clientSecret, refreshToken }: FakeCredentials, terminal: Terminal): void {
  const store = join(home, 'tastytrade/.secrets')
  expect(statSync(store).mode & 0o777).toBe(0o600)
  expect(readFileSync(store, 'utf8')).toContain(clientSecret)
  // What is pasted, and what comes of it, is never shown.
  for (const secret of [clientSecret, refreshToken]) expect(terminal.raw()).not.toContain(secret)
}

function keep(name: string, terminal: Terminal): void {
  if (PICTURES === undefined) return
  mkdirSync(PICTURES, { recursive: true })
  writeFileSync(join(PICTURES, `${name}.ansi`), terminal.raw())
}

async function picture(name: string, page: Page): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
}

async function practise({ sitDown }: Person, terminal: Terminal): Promise<void> {
  const [command = ''] = step('Practise first').commands
  terminal.enter(command)
  const told = await terminal.saw('Ctrl-C ends it.')
  for (const block of step('Practise first').prints) expectPrinted(block, told)
  const other = await sitDown()
  for (const line of ['cd tastytrade', ...(told.match(/^export .+$/gm) ?? [])]) {
    other.enter(line)
    await other.ended()
  }
  await follow(step('Practise first', 1), other)
  keep('practise', other)
  terminal.press(CTRL_C)
  await terminal.ended()
}

describe.runIf(here)('the tutorial, followed to the letter', () => {
  it('leads from an empty home to a printed balance', { timeout: WHOLE_PAGE }, async () => {
    const me = await person()
    const grant = me.fake.createGrant({ scopes: ['read'] })
    const terminal = await me.sitDown(me.toFake)
    for (const now of section('Install').steps) await follow(now, terminal)
    await practise(me, terminal)
    expect(existsSync(join(me.home, 'tastytrade/.secrets'))).toBe(false)

    await follow(step('Log in'), terminal, gifts(grant))
    expectSaved(me.home, grant, terminal)
    await follow(step('Your balance', 0), terminal)
    const accounts = await follow(step('Your balance', 1), terminal)
    const [, number = ''] = /"account-number":"(\w+)"/.exec(accounts) ?? []
    expect(grant.accountNumbers).toContain(number)
    const balance = await follow(withReplaced(step('Your balance', 2), '5WT00000', number), terminal)
    expect(balance).toContain(`"account-number":"${number}"`)
    expect(me.fake.tokenRequests).toBe(1)
    await follow(step('Your balance', 3), terminal)
    expect(section('Your balance').steps).toHaveLength(4)
    keep('terminal', terminal)
  })

  it.runIf(chromium !== null)('leads through the browser', { timeout: WHOLE_PAGE }, async () => {
    // Other tests, and other people, may have 8000: the one thing that is not typed as it stands.
    const port = String(await freePort())
    const me = await person([`http://localhost:${port}`])
    const { home, fake } = me
    const terminal = await me.sitDown({ ...me.toFake, DISPLAY: ':0' })
    await follow(step('Install', 1), terminal)
    const now = withReplaced(step('In the browser'), '8000', port)
    terminal.enter(`${now.commands[0]} --port ${port}`)
    await answer(now, terminal)
    await expect.poll(() => existsSync(join(home, '.opened')), PATIENT).toBe(true)

    const [clientId = '', clientSecret = '', goOn = '', loggedIn = '', done = ''] = section('In the browser').names
    const context = await chromium?.newContext({ viewport: { width: 1000, height: 800 } })
    onTestFinished(() => context?.close())
    const page = await context?.newPage()
    if (page === undefined) throw new Error('There is no browser')
    await page.goto(readFileSync(join(home, '.opened'), 'utf8'))
    await page.getByLabel(clientId).fill(fake.credentials.clientId)
    await page.getByLabel(clientSecret).fill(fake.credentials.clientSecret)
    await picture('1-form', page)
    await page.getByRole('button', { name: goOn }).click()
    await picture('2-at-tastytrade', page)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: loggedIn }).waitFor()
    await picture('3-logged-in', page)
    await page.getByRole('button', { name: done }).click()
    await page.getByText('You can close this window').waitFor()
    expect(await terminal.ended()).toBe(0)
    for (const block of now.prints) expectPrinted(block, terminal.shown())
    expectSaved(home, fake.credentials, terminal)
    await follow(step('Your balance', 0), terminal)
    keep('browser', terminal)
  })

  it('leads there without a browser, by the address that is pasted back', { timeout: WHOLE_PAGE }, async () => {
    const me = await person()
    const terminal = await me.sitDown({ ...me.toFake, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' })
    await follow(step('Install', 1), terminal)
    await follow(step('On a computer without a browser'), terminal, {
      ...gifts(me.fake.credentials),
      'paste the address at which the browser ended': async () => {
        const [address = ''] = /http:\S+\/auth\.html\?\S+/.exec(terminal.shown()) ?? []
        return me.fake.decide(address, 'approve')
      },
    })
    expect(terminal.raw()).not.toMatch(/[?&]code=/)
    expectSaved(me.home, me.fake.credentials, terminal)
    await follow(step('Your balance', 0), terminal)
    await follow(step('When something goes wrong'), terminal)
    keep('paste-back', terminal)
  })
})

describe('the rest of the tutorial', () => {
  it('has no command that is not run', () => {
    const run = ['Install', 'Practise first', 'Log in', 'Your balance', 'In the browser']
    const others = ['On a computer without a browser', 'When something goes wrong', 'The redirect URI does not match']
    const commanding = [...sections.values()].filter(({ steps }) => steps.length > 0).map(({ heading }) => heading)
    expect(commanding).toEqual([...run, ...others])
  })
})
