import { fakeTastytrade, VirtualClock, type FakeTastytrade, type Rotation } from '@evergrant/testing'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { callerOf, type Caller } from './call-program.ts'
import { servePage } from './page-server.ts'
import type { SharedStore, TabProgram } from './pages/tab.ts'

/** A page of the application. */
export interface Tab {
  readonly page: Page
  readonly devtools: CDPSession
  readonly call: Caller<TabProgram>
}

export interface Family extends AsyncDisposable {
  readonly fake: FakeTastytrade
  /** The time of the server; that of a tab is moved by `live`. */
  readonly clock: VirtualClock
  readonly tabs: readonly [Tab, Tab]
  /** One more tab. */
  readonly open: () => Promise<Tab>
  /** Lets time pass for the server and these tabs; each has two callers and reaches the token of this generation. */
  readonly live: (tabs: readonly Tab[], pass: number, generation: number) => Promise<readonly unknown[]>
  /** What the pages wrote to their consoles, and errors that nobody caught. */
  readonly heard: readonly string[]
}

export interface FamilyOptions {
  readonly browser: Browser
  readonly script: string
  readonly store: SharedStore
  readonly rotation: Rotation
  /** Ms. Default far more than a test takes. */
  readonly leaseTtl?: number
}

/** Two tabs on one store and one grant, in a browser context of their own: nothing is shared with other families. */
export async function createFamily(options: FamilyOptions): Promise<Family> {
  const { browser, script, store, rotation, leaseTtl = 120_000 } = options
  const resources = new AsyncDisposableStack()
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ rotation, clock: clock.server })
  const listener = resources.use(await fake.listen())
  const server = resources.use(await servePage({ script, api: () => listener.url }))
  const context = await browser.newContext()
  resources.defer(() => context.close())
  const heard: string[] = []
  const { clientSecret, refreshToken } = fake.credentials

  async function open(): Promise<Tab> {
    const tab = await openTab(context, server.url, heard)
    await tab.call('open', { store, clientSecret, refreshToken, now: clock.time, leaseTtl })
    return tab
  }

  const tabs = await Promise.all([open(), open()])
  return {
    fake,
    clock,
    tabs,
    open,
    heard,
    async live(some, pass, generation) {
      await clock.advance(pass)
      return Promise.all(some.map((tab) => tab.call('live', { pass, callers: 2, generation })))
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/**
 * Stops all that a tab does, as a browser does to one in the background: timers, messages, answers, the release of locks.
 * By its debugger, since a headless browser has no background, and freezes only what lies there.
 */
export async function freeze({ devtools }: Tab): Promise<void> {
  const paused = new Promise((resolve) => devtools.once('Debugger.paused', resolve))
  await devtools.send('Debugger.enable')
  // Answered when it goes on.
  devtools.send('Runtime.evaluate', { expression: 'debugger' }).catch(() => undefined)
  await paused
}

export async function thaw({ devtools }: Tab): Promise<void> {
  await devtools.send('Debugger.resume')
  await devtools.send('Debugger.disable')
}

async function openTab(context: BrowserContext, url: string, heard: string[]): Promise<Tab> {
  const page = await context.newPage()
  page.on('console', (line) => heard.push(line.text()))
  page.on('pageerror', (error) => heard.push(String(error.stack)))
  await page.goto(url)
  return {
    page,
    devtools: await context.newCDPSession(page),
    call: callerOf<TabProgram>(page),
  }
}
